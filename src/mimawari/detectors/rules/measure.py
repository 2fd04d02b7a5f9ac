"""Measures how often each rule is right, from listings whose labels are known."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mimawari.detectors.rules.ruleset import RuleSet, measured_precision
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mimawari.listings.listing import Listing

BATCH = 1_000


def measure_precisions(
    rules: RuleSet, labelled: Iterable[tuple[Listing, Mapping[str, int]]]
) -> dict[str, float]:
    """Estimate each rule's precision by `measured_precision`.

    Hits on listings whose label for the rule's topic is unknown count for nothing.

    Parameters
    ----------
    labelled
        Listings with their labels by topic, 1 or 0; a topic that is not there is unknown.
    """
    hits: Counter[str] = Counter()
    violations: Counter[str] = Counter()
    for group in _groups(labelled):
        found = rules.match(ListingBatch.of([listing for listing, _ in group]))
        for row, rule in zip(found.listings.tolist(), found.rules.tolist(), strict=True):
            name = found.names[rule]
            label = group[row][1].get(name.partition("/")[0])
            if label is not None:
                hits[name] += 1
                violations[name] += label
    return {
        one.name: measured_precision(hits[one.name], violations[one.name], one.rule.severity.prior)
        for one in rules.rules
    }


def _groups(
    labelled: Iterable[tuple[Listing, Mapping[str, int]]],
) -> Iterable[list[tuple[Listing, Mapping[str, int]]]]:
    group = []
    for one in labelled:
        group.append(one)
        if len(group) == BATCH:
            yield group
            group = []
    if group:
        yield group
