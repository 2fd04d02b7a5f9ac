"""Actions and strikes, as they were recorded, and which of the actions hold now."""

from __future__ import annotations

from django.db import models

from mimawari.records.action import ActionKind, Origin, Target


def choices(values: type[ActionKind | Origin | Target | Stage]) -> list[tuple[str, str]]:
    """Give what a column may hold."""
    return [(value.value, value.name.capitalize()) for value in values]


class Stage(models.TextChoices):
    """Whether an action is to be done, or somebody has to say so first."""

    IN_FORCE = "in_force"
    PROPOSED = "proposed"


class Cause(models.TextChoices):
    """Why an action holds: of each cause one may, so that each ends for its own reasons."""

    VIOLATION = ""
    STRIKES = "strikes"
    LIFT = "lift"


class Action(models.Model):
    """One thing to be done about a listing or its seller, or taken back (append-only).

    The columns are those of `ActionDetails`. ``alert`` and ``decision`` are numbers, not
    references: alerts and decisions belong to rooms above. Whose listing it is says the listing
    version, so that an erasure takes it out here too.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "actions")
    topic = models.CharField(max_length=40)
    policy_version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=choices(ActionKind))
    severity = models.CharField(max_length=10, null=True)
    origin = models.CharField(max_length=10, choices=choices(Origin))
    clauses = models.JSONField()
    alert = models.BigIntegerField(null=True)
    decision = models.BigIntegerField(null=True)
    reverses = models.OneToOneField("self", models.PROTECT, related_name="reversed_by", null=True)
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replaced_by", null=True)
    proposal = models.OneToOneField("self", models.PROTECT, related_name="taken_by", null=True)
    threshold = models.PositiveIntegerField(null=True)
    lifts = models.ForeignKey("self", models.PROTECT, related_name="lift_proposals", null=True)
    dry_run = models.BooleanField()
    standing = models.CharField(max_length=10, choices=choices(ActionKind))
    reason = models.TextField()
    principal_kind = models.CharField(max_length=10)
    principal = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        indexes = (
            models.Index(fields=("topic", "-id"), name="actions_of_a_topic"),
            models.Index(fields=("decision",), name="actions_of_a_decision"),
        )

    def __str__(self) -> str:
        return f"{'reversal of ' if self.reverses_id else ''}{self.kind} {self.pk}"


class StandingAction(models.Model):
    """An action that holds now: at most one of a kind of row (see the constraint).

    ``until_reviewed`` is the alert for whose review a listing is hidden. What holds for strikes,
    or proposes to lift what they restricted, says so by its ``cause``.
    """

    action = models.OneToOneField(Action, models.PROTECT, primary_key=True, related_name="holds")
    listing_id = models.TextField()
    topic = models.CharField(max_length=40)
    target = models.CharField(max_length=10, choices=choices(Target))
    stage = models.CharField(max_length=10, choices=Stage)
    dry_run = models.BooleanField()
    cause = models.CharField(max_length=10, choices=Cause, default="", db_default="", blank=True)
    until_reviewed = models.BigIntegerField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_id", "topic", "target", "stage", "dry_run", "cause"),
                name="one_action_that_holds",
            ),
        )
        indexes = (
            models.Index(
                fields=("until_reviewed",),
                condition=models.Q(until_reviewed__isnull=False),
                name="hidden_until_reviewed",
            ),
            models.Index(
                fields=("action",),
                condition=models.Q(target="seller"),
                name="standing_about_sellers",
            ),
        )

    def __str__(self) -> str:
        return f"{self.stage} {self.action_id} of {self.listing_id}"

    @property
    def lifts(self) -> bool:
        """Whether it proposes to take another action back."""
        return self.cause == Cause.LIFT


class Strike(models.Model):
    """A violation that counts against a seller for a time, or one taken back (append-only)."""

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "strikes")
    topic = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    weight = models.PositiveIntegerField()
    decision = models.BigIntegerField()
    reverses = models.OneToOneField("self", models.PROTECT, related_name="reversed_by", null=True)
    dry_run = models.BooleanField()
    total = models.PositiveIntegerField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("expires_at",), name="strikes_by_expiry"),)

    def __str__(self) -> str:
        return f"strike {self.pk} of weight {self.weight}"


class StrikeExpiry(models.Model):
    """That a strike counts no more, as it was recorded once (append-only)."""

    strike = models.OneToOneField(Strike, models.PROTECT, primary_key=True, related_name="expiry")
    total = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"expiry of strike {self.strike_id}"
