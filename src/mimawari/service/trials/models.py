"""Trials of a candidate model against the champion, and every item they were judged by."""

from __future__ import annotations

from django.db import models

from mimawari.service.platform.fields import RecordField
from mimawari.service.trials.waits import Waits, decode


class Kind(models.TextChoices):
    """On history with humans in the loop, on live traffic, or after a promotion."""

    BACKTEST = "backtest"
    EXPERIMENT = "experiment"
    GUARD = "guard"


class TrialState(models.TextChoices):
    """How far a trial has come."""

    PREPARING = "preparing"
    RUNNING = "running"
    ENDED = "ended"


class Outcome(models.TextChoices):
    """What an ended trial said."""

    PROMOTE = "promote"
    REJECT = "reject"
    UNDECIDED = "undecided"
    STOPPED = "stopped"


class Role(models.TextChoices):
    """Whose list an item is on; an item is checked again to see whether old labels still hold."""

    CHAMPION = "champion"
    CANDIDATE = "candidate"
    RECHECK = "recheck"


class Trial(models.Model):
    """A comparison of a candidate with the champion of one topic.

    ``design`` holds every parameter and is frozen at the start; ``champion`` is empty where
    rules alone are in force. ``state`` and ``outcome`` restate the last event; ``waits`` is what
    it waited for at the role's last look.
    """

    kind = models.CharField(max_length=10, choices=Kind)
    topic = models.CharField(max_length=40)
    champion = models.TextField(blank=True)
    candidate = models.TextField()
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+")
    design = models.JSONField()
    family = models.TextField(blank=True, default="")
    after = models.ForeignKey("self", models.PROTECT, related_name="followed_by", null=True)
    state = models.CharField(max_length=10, choices=TrialState, default=TrialState.PREPARING)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    created_at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()
    waits = RecordField[Waits | None](decode, null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("topic",),
                condition=~models.Q(state="ended") & ~models.Q(kind="backtest"),
                name="one_live_trial_a_topic",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of {self.topic}"


class TrialRound(models.Model):
    """A stretch of time whose lists were compared: their sizes and what of them is reviewed.

    ``last_version`` is the highest number of a listing version that an experiment's round took
    in: the next one goes on from there, whatever clocks do.
    """

    trial = models.ForeignKey(Trial, models.PROTECT, "rounds")
    start = models.DateTimeField()
    end = models.DateTimeField()
    last_version = models.BigIntegerField(null=True)
    listings = models.PositiveIntegerField()
    shared = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()
    capacity = models.PositiveIntegerField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("trial", "start"), name="one_round_a_start"),
        )

    def __str__(self) -> str:
        return f"round {self.start:%Y-%m-%d %H:%M} of trial {self.trial_id}"


class TrialItem(models.Model):
    """An item of a step; steps are taken in the order in which they were assigned.

    A back-test's step with reused labels has one candidate item and any number of champion
    items whose ``known_label`` was there before; any other step is a pair. ``alert`` is set
    once the item is put before moderators. An item without a listing stands for a place that a
    list shorter than the other left empty: no violation was found there.
    """

    trial = models.ForeignKey(Trial, models.PROTECT, "items")
    round = models.ForeignKey(TrialRound, models.PROTECT, "items")
    step = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    rank = models.PositiveIntegerField()
    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "+", null=True)
    known_label = models.SmallIntegerField(null=True)
    alert = models.ForeignKey("admission.Alert", models.PROTECT, "trial_items", null=True)

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("trial", "step"), name="items_by_step"),)
        constraints = (
            models.UniqueConstraint(
                fields=("trial", "listing_version", "role"), name="one_item_a_role"
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} item of step {self.step}, trial {self.trial_id}"


class TrialLook(models.Model):
    """The evidence after so many steps: what the trial's page draws (append-only)."""

    trial = models.ForeignKey(Trial, models.PROTECT, "looks")
    at = models.DateTimeField()
    steps = models.PositiveIntegerField()
    reviews = models.PositiveIntegerField()
    log_e = models.FloatField()
    log_f = models.FloatField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    dispersion = models.FloatField(null=True)

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("trial", "steps"), name="looks_by_steps"),)

    def __str__(self) -> str:
        return f"look at trial {self.trial_id} after {self.steps} steps"


class TrialEvent(models.Model):
    """What happened to a trial, and who did it (append-only)."""

    trial = models.ForeignKey(Trial, models.PROTECT, "events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    actor = models.TextField()
    body = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.kind} of trial {self.trial_id}"
