"""What a second stage is asked, what it answered, and how it does.

Two tables, so that nobody waits: admission writes `Question` and reads `Answer`; whoever asks
writes `Answer` and reads `Question`.
"""

from __future__ import annotations

from django.db import models


class Place(models.IntegerChoices):
    """Where a listing version stands in the order of its topic and day.

    What is ``HELD`` does not compete yet: its answer is waited for. What is ``OUT`` left the best
    m x K, or was edited, ended or erased.
    """

    HELD = 0
    RANKED = 1
    OUT = 2


class Question(models.Model):
    """A listing version among the best m x K of its topic and day, by the first stage's score.

    It competes with its first-stage ``score`` from ``due_at`` on, or with ``rank`` once there is
    an answer of the ``stage`` in force; ``rank`` is what it competed with last, by the weights
    numbered ``weights`` (none without an answer). It ``awaits`` until a merge has seen its answer;
    what is not asked about does not, and ``unasked`` says why.
    """

    candidate = models.OneToOneField("scoring.Candidate", models.PROTECT, related_name="question")
    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "questions")
    topic = models.CharField(max_length=40)
    day = models.DateField()
    score = models.FloatField()
    stage = models.TextField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    place = models.SmallIntegerField(choices=Place, default=Place.HELD)
    awaits = models.BooleanField(default=True)
    unasked = models.CharField(max_length=10, blank=True, default="")
    rank = models.FloatField(null=True)
    weights = models.BigIntegerField(null=True)

    class Meta:
        """What the database looks up."""

        indexes = (
            models.Index(
                fields=("topic", "day"),
                condition=models.Q(place__lt=2),
                name="questions_of_a_list",
            ),
            models.Index(
                fields=("topic", "day", "-score"),
                condition=models.Q(awaits=True, place__lt=2),
                name="questions_that_wait",
            ),
            models.Index(
                fields=("due_at",), condition=models.Q(place=0), name="questions_that_hold"
            ),
        )

    def __str__(self) -> str:
        return f"question {self.pk} of {self.topic}"


class AnswerState(models.IntegerChoices):
    """What became of a question that somebody took."""

    LEASED = 0
    ANSWERED = 1
    FAILED = 2


class Answer(models.Model):
    """What a second stage said of a listing version, or who is asking it.

    ``key`` names the content that was asked about: an answer with the same one is taken over,
    which makes this table the cache. ``clauses`` holds a number of 0 to 100 a clause,
    ``violates`` the highest of them.
    """

    question = models.OneToOneField(Question, models.PROTECT, related_name="answer")
    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "answers")
    stage = models.TextField()
    key = models.CharField(max_length=64, blank=True)
    state = models.SmallIntegerField(choices=AnswerState, default=AnswerState.LEASED)
    lease = models.BigIntegerField()
    leased_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    attempts = models.SmallIntegerField(default=1)
    cached = models.BooleanField(default=False)
    clauses = models.JSONField(default=dict)
    violates = models.FloatField(null=True)
    why = models.TextField(blank=True, default="")
    problem = models.TextField(blank=True, default="")
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        """What the database looks up."""

        indexes = (
            models.Index(fields=("key",), condition=models.Q(state=1), name="answers_by_content"),
            models.Index(fields=("lease",), condition=models.Q(state=0), name="answers_on_lease"),
        )

    def __str__(self) -> str:
        return f"answer to question {self.question_id}"


class StageDay(models.Model):
    """What a topic's second stage took on a day: its row is the lock of whoever asks.

    Admission reads it and never takes it.
    """

    topic = models.CharField(max_length=40)
    day = models.DateField()
    listings = models.PositiveBigIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "day"), name="one_stage_day_a_topic"),
        )

    def __str__(self) -> str:
        return f"second stage of {self.topic} on {self.day}"


class StageHealth(models.Model):
    """The breaker of a topic's second stage, which all that ask it share."""

    topic = models.CharField(max_length=40, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"health of the second stage of {self.topic}"


class StageWeights(models.Model):
    """What answers of a second stage are worth from here on (append-only); the newest holds.

    Learnt from ``decisions``, of which so many were ``violations``.
    """

    topic = models.CharField(max_length=40)
    stage = models.TextField()
    intercept = models.FloatField()
    slope = models.FloatField()
    weight = models.FloatField()
    decisions = models.PositiveIntegerField()
    violations = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        """What the database looks up."""

        indexes = (models.Index(fields=("stage", "-id"), name="weights_of_a_stage"),)

    def __str__(self) -> str:
        return f"weights {self.pk} of {self.stage}"
