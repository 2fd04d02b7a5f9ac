"""Quality of a topic's labels and lists: agreement, moderators, misses, precision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.contrib.auth.models import User
from django.db.models import Sum

from mimawari.evaluation.agreement import Agreement, agreement
from mimawari.evaluation.bootstrap import Interval
from mimawari.evaluation.dawid_skene import error_rates
from mimawari.evaluation.intervals import beta_binomial_sequence, wilson
from mimawari.evaluation.prevalence import Misses, estimate
from mimawari.evaluation.reliability import Reliability, reliability
from mimawari.evaluation.slices import Slice, by_slice, slice_names
from mimawari.evaluation.trust import Trusted
from mimawari.listings.listing import Listing
from mimawari.records.label import VALUE, Purpose, Verdict
from mimawari.service.admission.models import Alert
from mimawari.service.intake.models import ListingVersion
from mimawari.service.monitoring.calibrations import trusted
from mimawari.service.review.cases import Case, cases, since
from mimawari.service.review.golden import items_in_use
from mimawari.service.review.models import Decision
from mimawari.service.scoring.models import DayVolume

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from mimawari.records.label import Judgement

MOST_DISAGREEMENTS = 20
CHUNK = 20_000  # identifiers a query: SQLite allows 32,766


@dataclass(frozen=True, slots=True)
class Moderator:
    """How one moderator judged: golden items, and error rates where others judged too."""

    name: str
    decisions: int
    unsure: int
    golden: Interval
    golden_items: int
    shared: int
    sensitivity: float
    specificity: float


class Disagreement(msgspec.Struct, frozen=True):
    """A case that two moderators judged differently: where the policy text may be unclear."""

    listing_id: str
    policy_version: int
    # As kept figures name it.
    verdicts: tuple[tuple[str, str], ...] = msgspec.field(name="said")


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything a topic's quality page shows."""

    topic: str
    days: int
    agreement: Agreement
    moderators: tuple[Moderator, ...]
    disagreements: tuple[Disagreement, ...]
    misses: Misses
    precision: Interval
    precision_always: Interval
    judged: int
    calibration: Reliability
    slices: tuple[Slice, ...]
    probabilities: Trusted = field(default_factory=Trusted)


def quality(topic: str, days: int = 28) -> Quality:
    """Measure a topic over its last days, today included."""
    start = since(days)
    judged_cases = cases(topic, start)
    names = dict(User.objects.values_list("pk", "username"))
    twice = [case for case in judged_cases if len(case.votes) > 1]
    listed = [case for case in judged_cases if case.listed]
    labels = np.array([case.label for case in listed], np.int8)
    hits, judged = int((labels == 1).sum()), int((labels >= 0).sum())
    rows = _versions(case.version for case in judged_cases if case.listed or len(case.votes) > 1)
    sellers = [rows[case.version].seller_id for case in listed]
    slices = [
        slice_names(
            msgspec.json.decode(rows[case.version].payload, type=Listing),
            rows[case.version].received_at,
        )
        for case in listed
    ]
    missed = misses(topic, start, judged_cases)
    return Quality(
        topic,
        days,
        agreement(
            [case.votes[0][1] for case in twice],
            [case.votes[1][1] for case in twice],
            [rows[case.version].seller_id for case in twice],
        ),
        tuple(moderators(topic, judged_cases, names)),
        tuple(_disagreements(twice, rows, names)),
        missed,
        wilson(hits, judged),
        beta_binomial_sequence(hits, judged),
        judged,
        reliability(np.array([case.score for case in listed]), labels, sellers),
        tuple(by_slice(slices, labels.tolist())),
        trusted(topic, start, missed.prevalence),
    )


def misses(topic: str, start: datetime, judged_cases: Sequence[Case]) -> Misses:
    """Estimate what the list missed, from what only chance chose."""
    labels = {case.version: case for case in judged_cases}
    explored = Alert.objects.filter(
        topic=topic, purpose=Purpose.EXPLORATION, created_at__gte=start
    ).exclude(probability=None)
    probability, label = [], []
    for version, chance in explored.values_list("listing_version_id", "probability"):
        case = labels.get(version)
        if case is not None and case.listed:
            continue
        probability.append(chance)
        label.append(-1 if case is None else case.label)
    caught = sum(case.listed and case.label == 1 for case in judged_cases)
    total = DayVolume.objects.filter(day__gte=start.date()).aggregate(n=Sum("listings"))["n"]
    return estimate(np.array(probability), np.array(label, np.int8), caught, total or 0)


def moderators(topic: str, judged_cases: Sequence[Case], names: dict[int, str]) -> list[Moderator]:
    """Measure each moderator; error rates come of all cases that two or more judged."""
    expected = {
        item.listing_version_id: VALUE[Verdict(item.expected)] for item in items_in_use(topic)
    }
    people = sorted({d.moderator for case in judged_cases for d in case.stands})
    golden: dict[int, list[bool]] = {person: [] for person in people}
    mine: dict[int, list[Judgement]] = {person: [] for person in people}
    for case in judged_cases:
        truth = expected.get(case.version, -1)
        for d in case.stands:
            mine[d.moderator].append(d)
            if d.purpose == Purpose.GOLDEN and truth >= 0:
                golden[d.moderator].append(VALUE.get(d.verdict, -1) == truth)
    rates = _rates(judged_cases, expected, people)
    return [
        Moderator(
            names.get(person, str(person)),
            len(mine[person]),
            sum(d.verdict == Verdict.CANNOT_TELL for d in mine[person]),
            wilson(sum(golden[person]), len(golden[person])),
            len(golden[person]),
            *rates[person],
        )
        for person in people
    ]


def _rates(
    judged_cases: Sequence[Case], expected: Mapping[int, int], people: Sequence[int]
) -> dict[int, tuple[int, float, float]]:
    """Give each moderator's shared cases, sensitivity and specificity; NaN where none is shared.

    Parameters
    ----------
    expected
        The answer to golden items, by listing version.
    """
    number = {person: i for i, person in enumerate(people)}
    votes: list[tuple[int, int, int]] = []
    known: list[int] = []
    for case in judged_cases:
        truth = expected.get(case.version, -1)
        clear = [(d.moderator, VALUE[d.verdict]) for d in case.stands if d.verdict in VALUE]
        if truth < 0 and len({person for person, _ in clear}) < 2:
            continue
        votes += [(len(known), number[person], value) for person, value in clear]
        known.append(truth)
    case_of, who, vote = np.array(votes, np.int64).reshape(-1, 3).T
    shared = np.bincount(who, minlength=len(people))
    rates = error_rates(case_of, who, vote, np.array(known, np.int64))
    return {
        person: (
            int(shared[i]),
            float(rates.sensitivity[i]) if shared[i] else float("nan"),
            float(rates.specificity[i]) if shared[i] else float("nan"),
        )
        for i, person in enumerate(people)
    }


def _versions(numbers: Iterable[int]) -> dict[int, ListingVersion]:
    wanted = sorted(set(numbers))
    versions: dict[int, ListingVersion] = {}
    for start in range(0, len(wanted), CHUNK):
        versions |= ListingVersion.objects.in_bulk(wanted[start : start + CHUNK])
    return versions


def _disagreements(
    twice: Sequence[Case], rows: Mapping[int, ListingVersion], names: dict[int, str]
) -> list[Disagreement]:
    """Give the cases judged differently, newest first."""
    odd = [case for case in twice if len({value for _, value in case.votes}) > 1]
    odd = sorted(odd, key=lambda case: -case.stands[-1].number)[:MOST_DISAGREEMENTS]
    policies = dict(
        Decision.objects.filter(pk__in=[case.stands[-1].number for case in odd]).values_list(
            "pk", "policy_version"
        )
    )
    word = {value: verdict.value for verdict, value in VALUE.items()}
    return [
        Disagreement(
            rows[case.version].listing_id,
            policies[case.stands[-1].number],
            tuple((names.get(person, str(person)), word[value]) for person, value in case.votes),
        )
        for case in odd
    ]
