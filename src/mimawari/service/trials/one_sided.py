"""Moderators whose verdicts are not taken: they say the same to everything."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count

from mimawari.service.admission.models import ASKED, MEASURED
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials import events
from mimawari.service.trials.event_bodies import Flagged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mimawari.service.trials.models import Trial

# Fewer verdicts, all alike, are no sign of anything.
LEAST_ALIKE = 20
ALARM = 0.001
# Who decided within so many days can be asked again.
RECENT_DAYS = 14
CLEAR = (Verdict.DOES_NOT_VIOLATE, Verdict.VIOLATES)

Counts = tuple[int, int]


def one_sided(now: Mapping[int, Counts], before: Counts = (0, 0)) -> set[int]:
    """Find moderators who give one answer only, where all others rule out chance.

    Where others give a share p of the other answer, n alike come with probability
    ``(1 - p)^n``; under one in a thousand it is no chance. The queue does not tell which
    items are whose, so that all moderators get alike ones.

    Parameters
    ----------
    now
        By moderator, verdicts "does not violate" and "violates" during the trial.
    before
        The same of all together before it.

    Examples
    --------
    >>> one_sided({1: (40, 0), 2: (30, 10)}), one_sided({1: (10, 0), 2: (30, 10)})
    ({1}, set())
    >>> one_sided({1: (40, 0)}, before=(60, 40))
    {1}
    """
    moderators = set()
    for who, (no, yes) in now.items():
        if min(no, yes) or no + yes < LEAST_ALIKE:
            continue
        others = [before, *(c for other, c in now.items() if other != who)]
        all_of_them = sum(map(sum, others))
        other_way = sum(c[0] if yes else c[1] for c in others)
        if all_of_them >= LEAST_ALIKE and (1 - other_way / all_of_them) ** (no + yes) < ALARM:
            moderators.add(who)
    return moderators


def one_sided_moderators(trial: Trial) -> set[int]:
    """Find the moderators of a trial's topic who say the same to everything since it began."""
    stands = Decision.objects.filter(alert__topic=trial.topic, replaced_by=None, verdict__in=CLEAR)
    # Who is given, or searches for, what probably violates says the same to all of it.
    stands = stands.filter(alert__purpose__in=MEASURED)
    now: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = stands.filter(decided_at__gte=trial.created_at).values("moderator_id", "verdict")
    for row in rows.annotate(n=Count("pk")).order_by():
        now[row["moderator_id"]][row["verdict"] == Verdict.VIOLATES] += row["n"]
    earlier = stands.filter(decided_at__lt=trial.created_at).values("verdict")
    before = {r["verdict"]: r["n"] for r in earlier.annotate(n=Count("pk")).order_by()}
    return one_sided(
        {who: (no, yes) for who, (no, yes) in now.items()},
        (before.get(Verdict.DOES_NOT_VIOLATE, 0), before.get(Verdict.VIOLATES, 0)),
    )


def note(trial: Trial, moderators: set[int]) -> None:
    """Record moderators that are suspected now and were not before."""
    last = events.last(trial, Flagged)
    flagged = set(last.moderators) if last else set()
    if moderators - flagged:
        body = Flagged(
            moderators=sorted(moderators | flagged),
            statement="A moderator says the same to everything. Those verdicts are not taken: "
            "another moderator is asked, and nothing is decided before.",
        )
        events.record(trial, body, events.TRIALS, sealed=True)


def people(topic: str, now: datetime) -> set[int]:
    """Give the moderators who decide on a topic these days."""
    recent = Decision.objects.filter(
        alert__topic=topic,
        decided_at__gte=now - timedelta(days=RECENT_DAYS),
        alert__purpose__in=ASKED,
    )
    return set(recent.values_list("moderator_id", flat=True).distinct().order_by())
