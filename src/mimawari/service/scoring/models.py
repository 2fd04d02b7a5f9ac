"""Scores, the candidates among them, the lists they are for, and a day's volume."""

from __future__ import annotations

from django.db import models


class Score(models.Model):
    """All scores of one listing version, packed in the order of its generation's manifest.

    ``scores`` (what competes for the top K) and ``rule_scores`` hold a float32, little-endian,
    a topic; ``model_scores`` one a deployment, and ``refined`` a bit a deployment: whether its
    trees were asked. Where not, the number is that of the text alone and under the floor of the
    time. ``in_canary`` holds a bit a topic: whether the canary's score competed, not the
    champion's. ``picture_text`` is what had been read in the pictures by then.
    """

    listing_version = models.OneToOneField(
        "intake.ListingVersion", models.PROTECT, primary_key=True, related_name="score"
    )
    generation = models.ForeignKey(
        "releases.Generation", models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    scored_at = models.DateTimeField()
    scores = models.BinaryField()
    rule_scores = models.BinaryField()
    model_scores = models.BinaryField()
    refined = models.BinaryField()
    in_canary = models.BinaryField(default=b"")
    rule_hits = models.JSONField(default=list)
    picture_text = models.TextField(default="")

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


class Candidate(models.Model):
    """A listing version whose score could enter the top K of its topic and day.

    It waits for the topic's admitter, or, ``in_round`` of a trial, for the end of that round
    (state ``IN_ROUND``). ``probability`` is set on what chance chose for the exploration slice.
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
    ``rule_listings`` how many listing versions rules or banks hit.
    """

    day = models.DateField()
    scorer = models.BigIntegerField()
    listings = models.PositiveBigIntegerField(default=0)
    tempered = models.JSONField(default=dict)
    rule_listings = models.JSONField(default=dict)
    seconds = models.FloatField(default=0.0)

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
    scorers give the cascade.
    """

    topic = models.CharField(max_length=40)
    day = models.DateField()
    floor = models.FloatField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "day"), name="one_list_a_topic_and_day"),
        )

    def __str__(self) -> str:
        return f"list of {self.topic} on {self.day}"
