"""Checks of one topic's labels by themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import TYPE_CHECKING, Literal

from mimawari.datasets.finding import Finding

if TYPE_CHECKING:
    from mimawari.datasets.checks.limits import Limits
    from mimawari.datasets.checks.topic_rows import TopicRows

Level = Literal["caution", "stops"]
SECONDS_A_DAY = 86_400


def measured(
    check: str, topic: str, value: float, limit: float, level: Level, problem: str, remedy: str
) -> Finding:
    """Make a finding: the level and the words count where the value is above its limit."""
    if value <= limit:
        return Finding(check=check, topic=topic, value=value, limit=limit, level="passed")
    return Finding(
        check=check,
        topic=topic,
        value=value,
        limit=limit,
        level=level,
        problem=problem,
        remedy=remedy,
    )


def share(part: float, whole: float) -> float:
    """Give a part of a whole; 0 of nothing.

    Examples
    --------
    >>> share(1, 4), share(0, 0)
    (0.25, 0.0)
    """
    return part / whole if whole else 0.0


def classes(rows: TopicRows, _limits: Limits) -> Finding:
    """Count the classes without a label: a model learns from both."""
    counted = rows.counted
    negatives = counted.labels - counted.violating
    missing = (counted.violating == 0) + (negatives == 0)
    problem = f"has {counted.violating} violating and {negatives} other labels"
    remedy = "label listings of both kinds; mimawari select looks for them"
    return measured("classes", rows.topic, missing, 0, "stops", problem, remedy)


def unjoined(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the share of labels whose listing is gone."""
    lost = rows.counted.unjoined
    value = share(lost, lost + rows.counted.labels)
    problem = f"{lost} of {lost + rows.counted.labels} labels have no listing ({value:.0%})"
    remedy = "see whose erasure took them, and accept it where the rest will do"
    return measured("unjoined", rows.topic, value, limits.unjoined, "stops", problem, remedy)


def unsettled(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the share of what was judged and of which nothing is known."""
    open_cases = rows.counted.unsettled
    value = share(open_cases, open_cases + rows.counted.labels)
    problem = f"{open_cases} of {open_cases + rows.counted.labels} judged listings have no label"
    remedy = "let second moderators decide the ties, and clear the policy where nobody can tell"
    return measured("unsettled", rows.topic, value, limits.unsettled, "stops", problem, remedy)


def conflicting(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the share of labels whose text has the other label too."""
    values: defaultdict[str, set[int]] = defaultdict(set)
    for text, label in zip(rows.texts, rows.labels, strict=True):
        values[text].add(label.value)
    both = [text for text in rows.texts if len(values[text]) > 1]
    value = share(len(both), len(rows.texts))
    shown = f", such as {both[0][:60]!r}" if both else ""
    problem = f"{len(both)} labels are of a text that has the other label too{shown}"
    remedy = "decide these again under one policy version"
    return measured("conflicting", rows.topic, value, limits.conflicting, "stops", problem, remedy)


def repeated(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the share of labels that say again what another one says of the same text."""
    pairs = Counter(zip(rows.texts, (label.value for label in rows.labels), strict=True))
    again = sum(pairs.values()) - len(pairs)
    value = share(again, len(rows.texts))
    problem = f"{again} of {len(rows.texts)} labels repeat another one of the same text"
    remedy = "label what is new: mimawari select leaves near-duplicates out"
    return measured("repeated", rows.topic, value, limits.repeated, "caution", problem, remedy)


def delay(rows: TopicRows, limits: Limits) -> Finding:
    """Measure how long listings waited for their newest decision, in days, in the median."""
    waits = [
        (label.decided_at - listed).total_seconds() / SECONDS_A_DAY
        for listing, label in zip(rows.listings, rows.labels, strict=True)
        if label.decided_at is not None
        and (listed := listing.updated_at or listing.created_at) is not None
    ]
    value = max(median(waits), 0.0) if waits else 0.0
    problem = f"half of the listings waited more than {value:.0f} days for their decision"
    remedy = "labels of today's listings teach what sellers do today: look at the queue's backlog"
    return measured("delay", rows.topic, value, limits.delay_days, "caution", problem, remedy)


def other_policy(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the share of labels under another policy version than the newest one there."""
    versions = rows.counted.policy_versions
    of_newest = versions[max(versions, key=int)] if versions else 0
    others = sum(versions.values()) - of_newest
    value = share(others, sum(versions.values()))
    problem = f"{others} labels were decided under an older policy version ({value:.0%})"
    remedy = "have a sample of them decided again under the policy in force"
    limit = limits.other_policy
    return measured("other_policy", rows.topic, value, limit, "caution", problem, remedy)


def one_seller(rows: TopicRows, limits: Limits) -> Finding:
    """Measure the largest share of the violations that one seller has."""
    sellers = Counter(
        listing.seller_id
        for listing, label in zip(rows.listings, rows.labels, strict=True)
        if label.value
    )
    most = max(sellers.values(), default=0)
    value = share(most, sum(sellers.values()))
    problem = f"{most} of {sum(sellers.values())} violations are one seller's"
    remedy = "label violations of other sellers, or the model learns this one"
    return measured("one_seller", rows.topic, value, limits.one_seller, "caution", problem, remedy)
