"""Edge cases, and how they ended."""

from __future__ import annotations

from django.db import models


class Why(models.TextChoices):
    """Why a listing is hard to judge."""

    MISSED = "missed_violation"
    FALSE_ALARM = "false_alarm"
    DISAGREEMENT = "disagreement"
    DISGUISE = "disguise"
    REPORTED = "reported"


class EdgeCase(models.Model):
    """A hard listing of a topic and the verdict that stands (append-only, but for an erasure).

    The listing is kept here whole, as it was scored: retention may remove it from the log, and
    ``listing_version`` is no more than its number there. ``place`` counts the cases made of one
    listing version and topic; ``event`` tells of it in the ledger. Erased, ``seller_id``,
    ``picture_text`` and ``reason`` are empty and ``payload`` holds no more than identifiers.
    """

    listing_version = models.BigIntegerField()
    listing_id = models.TextField()
    version = models.BigIntegerField()
    seller_id = models.TextField()
    topic = models.CharField(max_length=40)
    place = models.PositiveIntegerField()
    payload = models.TextField()
    picture_text = models.TextField()
    verdict = models.CharField(max_length=16)
    why = models.CharField(max_length=20, choices=Why)
    reason = models.TextField()
    actor = models.TextField()
    added_at = models.DateTimeField()
    event = models.OneToOneField("audit.Event", models.PROTECT, related_name="+")

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "topic", "place"), name="one_edge_case_a_place"
            ),
        )
        indexes = (
            models.Index(fields=("topic", "id"), name="edge_cases_of_a_topic"),
            models.Index(fields=("seller_id",), name="edge_cases_of_a_seller"),
        )

    def __str__(self) -> str:
        return f"edge case {self.pk} of {self.topic}"


class EdgeCaseEnd(models.Model):
    """An edge case that judges no more: it was retired, or its seller was erased (append-only)."""

    case = models.OneToOneField(EdgeCase, models.PROTECT, primary_key=True, related_name="end")
    erased = models.BooleanField()
    actor = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"end of edge case {self.case_id}"
