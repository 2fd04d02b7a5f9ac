"""Alerts that are put before moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from mimawari.service.admission.second_stage_models import (
    Answer,
    AnswerState,
    Place,
    Question,
    StageDay,
    StageHealth,
    StageWeights,
)

if TYPE_CHECKING:
    from mimawari.service.releases.models import Generation
    from mimawari.service.scoring.models import PackedScores

__all__ = [
    "ASKED",
    "CHOSEN",
    "LISTED",
    "MEASURED",
    "TOLD",
    "WAITING",
    "YIELDING",
    "Alert",
    "AlertState",
    "Answer",
    "AnswerState",
    "Place",
    "Purpose",
    "Question",
    "StageDay",
    "StageHealth",
    "StageWeights",
]


class AlertState(models.TextChoices):
    """What became of an alert."""

    OPEN = "open"
    ESCALATED = "escalated"
    DECIDED = "decided"
    DISPLACED = "displaced"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ENDED = "ended"
    SPARED = "spared"


WAITING = (AlertState.OPEN, AlertState.ESCALATED)
"""An alert that somebody has yet to decide."""


class Purpose(models.TextChoices):
    """Why an alert was put before moderators; they are not told, so that they judge alike.

    One of ``search`` was never put before anybody: a moderator found the listing and decided it.
    A ``campaign`` asks for labels of what it looks for.
    """

    TOP_K = "top_k"
    EXPLORATION = "exploration"
    TRIAL = "trial"
    SECOND = "second"
    GOLDEN = "golden"
    RESCAN = "rescan"
    SEARCH = "search"
    CAMPAIGN = "campaign"


LISTED = (Purpose.TOP_K, Purpose.RESCAN)
"""What is before moderators for its score alone: an edit or the listing's end closes it."""
TOLD = (*LISTED, Purpose.EXPLORATION)
"""What is told outside as an alert: what policy opened, by score or by chance. Anything else is a
question of the service's own, and telling of it would say which cases are asked twice, or tried."""
YIELDING = (*LISTED, Purpose.CAMPAIGN)
"""What an edit or the listing's end closes: no sample and no comparison depends on it."""
CHOSEN = (Purpose.SEARCH, Purpose.CAMPAIGN)
"""What was chosen for what somebody took it for: its labels teach, and measure nothing."""
MEASURED = tuple(purpose for purpose in Purpose if purpose not in CHOSEN)
"""What figures of lists, chance, trials and moderators are of."""
ASKED = tuple(purpose for purpose in Purpose if purpose != Purpose.SEARCH)
"""What the service put before moderators: capacity and figures of lists count these."""


class Alert(models.Model):
    """A listing version put before moderators for one topic on one day.

    ``priority`` orders the queue: the score for the top K, drawn among those for anything else,
    so that the order does not tell the purpose. ``probability`` is set on what was chosen for
    the exploration slice, and says with which; such an alert is of purpose ``top_k`` for as long
    as it is in the list too, and is not displaced from it but becomes ``exploration``.
    ``not_for`` is a moderator who decided the same case before. ``rescore`` is there where the
    case was scored again, and then says under which policy it is judged; ``judged_under`` where
    somebody searched for it, who decides under the policy in force. What is ``beyond`` the capacity
    takes no place of it: a campaign may bring reviews of its own.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "alerts")
    topic = models.CharField(max_length=40)
    day = models.DateField()
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.TOP_K)
    score = models.FloatField()
    priority = models.FloatField()
    probability = models.FloatField(null=True)
    not_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.OPEN)
    leased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    rescore = models.ForeignKey("scoring.Rescore", models.PROTECT, "alerts", null=True)
    beyond = models.BooleanField(default=False, db_default=False)
    judged_under = models.ForeignKey("releases.Generation", models.PROTECT, "+", null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "topic", "purpose"),
                condition=~models.Q(purpose="golden"),
                name="one_alert_a_purpose",
            ),
        )
        indexes = (
            models.Index(fields=("topic", "day", "-score"), name="alerts_of_a_day"),
            models.Index(fields=("day", "topic", "state"), name="alerts_by_day"),
            models.Index(
                fields=("purpose", "topic"),
                condition=models.Q(state="open"),
                name="open_by_purpose",
            ),
            models.Index(
                fields=("-priority",), condition=models.Q(state="open"), name="open_by_priority"
            ),
            models.Index(
                fields=("topic", "-priority"),
                condition=models.Q(state="open"),
                name="open_of_topic_by_priority",
            ),
            models.Index(
                fields=("topic", "day", "created_at"),
                condition=models.Q(state="open"),
                name="open_by_topic_and_day",
            ),
            models.Index(
                fields=("-priority",),
                condition=models.Q(state="escalated"),
                name="escalated_by_priority",
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} alert {self.pk}"

    @property
    def scored(self) -> PackedScores:
        """The scores for which it is judged: as the listing came, or as it was scored again."""
        if self.rescore is not None:
            return self.rescore
        score: PackedScores = self.listing_version.score
        return score

    @property
    def generation(self) -> Generation:
        """The generation by whose policy it is judged."""
        if self.judged_under is not None:
            return self.judged_under
        generation: Generation = self.scored.generation
        return generation
