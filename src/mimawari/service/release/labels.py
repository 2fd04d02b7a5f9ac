"""Labels of a trial's items."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mimawari.service.review.models import Decision, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK = 5_000
VALUE = {Verdict.VIOLATES: 1, Verdict.DOES_NOT_VIOLATE: 0}


def known_labels(topic: str, versions: Sequence[int]) -> dict[int, int]:
    """Give the labels that listing versions have for a topic: the majority of what stands.

    A tie, or nothing but ``cannot_tell``, is no label.
    """
    votes: dict[int, list[int]] = defaultdict(list)
    for start in range(0, len(versions), CHUNK):
        found = Decision.objects.filter(
            alert__topic=topic,
            alert__listing_version_id__in=versions[start : start + CHUNK],
            replaced_by=None,
            verdict__in=list(VALUE),
        ).exclude(alert__purpose=Purpose.GOLDEN)
        for version, verdict in found.values_list("alert__listing_version_id", "verdict"):
            votes[version].append(VALUE[Verdict(verdict)])
    return {
        version: int(2 * sum(said) > len(said))
        for version, said in votes.items()
        if 2 * sum(said) != len(said)
    }


def standing(alerts: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Give the standing verdict of each alert that has one, and the moderator's number."""
    found: dict[int, tuple[str, int]] = {}
    for start in range(0, len(alerts), CHUNK):
        rows = Decision.objects.filter(
            alert_id__in=alerts[start : start + CHUNK], replaced_by=None
        ).exclude(verdict=Verdict.UNDONE)
        for alert, verdict, moderator in rows.order_by("id").values_list(
            "alert_id", "verdict", "moderator_id"
        ):
            found[alert] = (verdict, moderator)
    return found
