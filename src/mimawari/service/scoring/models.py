"""Scores, the candidates among them, the lists they are for, and a day's volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest


class PackedScores(models.Model):
    """Columns of scores, packed in the order of a manifest.

    ``scores`` (what competes for the top K) and ``rule_scores`` hold a float32, little-endian,
    a topic; ``model_scores`` one a deployment, and ``refined`` a bit a deployment: whether its
    trees were asked. Where not, the number is that of the text alone and under the floor of the
    time. ``in_canary`` holds a bit a topic: whether the canary's score competed, not the
    champion's. ``picture_text`` is what had been read in the pictures by then.
    """

    generation = models.ForeignKey(
        "releases.Generation", models.PROTECT, related_name="+", db_index=False
    )
    scored_at = models.DateTimeField()
    scores = models.BinaryField()
    rule_scores = models.BinaryField()
    model_scores = models.BinaryField()
    refined = models.BinaryField()
    in_canary = models.BinaryField(default=b"")
    rule_hits = models.JSONField(default=list)
    picture_text = models.TextField(default="")

    class Meta:
        """Only columns that tables share."""

        abstract = True

    @property
    def manifest(self) -> Manifest:
        """What the columns are of."""
        manifest: Manifest = self.generation.manifest
        return manifest


class Score(PackedScores):
    """All scores of one listing version, as it was received."""

    listing_version = models.OneToOneField(
        "intake.ListingVersion", models.PROTECT, primary_key=True, related_name="score"
    )
    day = models.DateField()

    def __str__(self) -> str:
        return f"score of {self.listing_version_id}"


class CandidateState(models.IntegerChoices):
    """What became of a candidate."""

    WAITING = 0
    ADMITTED = 1
    REFUSED = 2
    DISPLACED = 3
    SUPERSEDED = 4
    IN_ROUND = 5
    HELD = 6


class Candidate(models.Model):
    """A listing version whose score could enter the top K of its topic and day.

    It waits for the topic's admitter, or, ``in_round`` of a trial, for the end of that round
    (state ``IN_ROUND``), or for the answer of a second stage (``HELD``). ``probability`` is set on
    what chance chose for the exploration slice.
    ``explanation`` is the JSON of the `Explanation`, once somebody had the time to write it.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "candidates")
    topic = models.CharField(max_length=40)
    day = models.DateField()
    score = models.FloatField()
    probability = models.FloatField(null=True)
    in_round = models.BooleanField(default=False)
    state = models.SmallIntegerField(choices=CandidateState, default=CandidateState.WAITING)
    explanation = models.TextField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "topic"), name="one_candidate_a_topic"
            ),
        )
        indexes = (
            models.Index(
                fields=("topic", "day"), condition=models.Q(state=0), name="waiting_candidates"
            ),
            models.Index(
                fields=("topic", "id"), condition=models.Q(state=5), name="candidates_in_rounds"
            ),
            models.Index(fields=("topic",), condition=models.Q(state=6), name="held_candidates"),
            models.Index(
                fields=("-id",),
                condition=models.Q(state=1, explanation=None),
                name="unexplained_candidates",
            ),
        )

    def __str__(self) -> str:
        return f"candidate {self.pk} of {self.topic}"


class DayVolume(models.Model):
    """How much one scorer scored on a day, and what it took; a row a scorer, so none waits.

    ``tempered`` holds, by topic, the sum that the weighted part of exploration is relative to;
    ``rule_listings`` how many listing versions rules or banks hit; ``model_seconds``, by model,
    how many listing versions it was asked about and the seconds that it took for them.
    """

    day = models.DateField()
    scorer = models.BigIntegerField()
    listings = models.PositiveBigIntegerField(default=0)
    tempered = models.JSONField(default=dict)
    rule_listings = models.JSONField(default=dict)
    seconds = models.FloatField(default=0.0)
    model_seconds = models.JSONField(default=dict, db_default={})

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("day", "scorer"), name="one_volume_a_scorer"),
        )

    def __str__(self) -> str:
        return f"{self.listings} listings on {self.day}"


class DayList(models.Model):
    """The running top K of one topic and day.

    ``floor`` is the score to beat when it was last merged, null while there was room: what
    scorers give the cascade. With a second stage it is that of the best m x K, and kept as
    ``pool_floor``, too: the next day begins with what this one ended with.
    """

    topic = models.CharField(max_length=40)
    day = models.DateField()
    floor = models.FloatField(null=True)
    pool_floor = models.FloatField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "day"), name="one_list_a_topic_and_day"),
        )

    def __str__(self) -> str:
        return f"list of {self.topic} on {self.day}"


class RescanState(models.TextChoices):
    """How far a rescan has come."""

    SCORING = "scoring"
    OPENING = "opening"
    DONE = "done"
    STOPPED = "stopped"


class Rescan(models.Model):
    """Live listings of one topic scored again, under the generation that was newest then.

    ``cursor`` is the last listing version that was scored, of those up to ``upto``; ``best`` holds
    version and score of what was found so far, at most ``most`` of it, the highest. Once all are
    scored these are put before moderators, at most ``share`` of the capacity a day.
    """

    topic = models.CharField(max_length=40)
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+", db_index=False)
    state = models.CharField(max_length=10, choices=RescanState, default=RescanState.SCORING)
    share = models.FloatField()
    least = models.FloatField()
    most = models.PositiveIntegerField()
    upto = models.BigIntegerField()
    total = models.PositiveBigIntegerField()
    cursor = models.BigIntegerField(default=0)
    scored = models.PositiveBigIntegerField(default=0)
    found = models.PositiveBigIntegerField(default=0)
    best = models.JSONField(default=list)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("topic",),
                condition=models.Q(state__in=("scoring", "opening")),
                name="one_rescan_a_topic",
            ),
        )

    def __str__(self) -> str:
        return f"rescan {self.pk} of {self.topic}"


class FindingState(models.IntegerChoices):
    """What became of what a rescan found."""

    WAITING = 0
    OPENED = 1
    PASSED_OVER = 2


class Rescore(PackedScores):
    """What a rescan gave one of the listing versions that it found, for its topic alone."""

    rescan = models.ForeignKey(Rescan, models.PROTECT, "findings")
    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "rescores")
    score = models.FloatField()
    state = models.SmallIntegerField(choices=FindingState, default=FindingState.WAITING)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("rescan", "listing_version"), name="one_finding_a_version"
            ),
        )
        indexes = (
            models.Index(
                fields=("rescan", "-score", "id"),
                condition=models.Q(state=0),
                name="findings_that_wait",
            ),
        )

    def __str__(self) -> str:
        return f"score of {self.listing_version_id} in rescan {self.rescan_id}"

    @property
    def manifest(self) -> Manifest:
        """What the columns are of: the rescan's topic."""
        manifest: Manifest = self.generation.manifest
        return manifest.only(self.rescan.topic)


class KnownViolation(models.Model):
    """A listing version that was found to violate a topic, and what a relisting is known by.

    ``decision`` is a number: decisions belong to a room above. It is that of one which was taken
    elsewhere where it is ``past``. ``imported`` is the number of a listing that came along with
    such decisions, of which the log has no version: ``listing_id`` and ``seller_id`` say what the
    version would. ``digest`` is the sketch of its text, ``hashes`` 32 bytes for each of its
    pictures. What does not stand any more is ``withdrawn``.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "+", null=True)
    imported = models.BigIntegerField(null=True)
    listing_id = models.TextField(default="", db_default="")
    seller_id = models.TextField(default="", db_default="")
    past = models.BooleanField(default=False, db_default=False)
    topic = models.CharField(max_length=40)
    decision = models.BigIntegerField()
    digest = models.BinaryField(null=True)
    hashes = models.BinaryField(default=b"")
    withdrawn = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "topic"), name="one_known_violation_a_topic"
            ),
            models.UniqueConstraint(fields=("imported", "topic"), name="one_known_import_a_topic"),
            models.CheckConstraint(
                condition=models.Q(listing_version=None) ^ models.Q(imported=None),
                name="known_of_one_listing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.listing_version_id or self.listing_id} violates {self.topic}"
