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
        matches = rules.match(ListingBatch.of([listing for listing, _ in group]))
        for row, rule in zip(matches.listings.tolist(), matches.rules.tolist(), strict=True):
            name = matches.names[rule]
            label = group[row][1].get(name.partition("/")[0])
            if label is not None:
                hits[name] += 1
                violations[name] += label
    return {
        compiled.name: measured_precision(
            hits[compiled.name], violations[compiled.name], compiled.rule.severity.prior
        )
        for compiled in rules.rules
    }


def _groups(
    labelled: Iterable[tuple[Listing, Mapping[str, int]]],
) -> Iterable[list[tuple[Listing, Mapping[str, int]]]]:
    group = []
    for row in labelled:
        group.append(row)
        if len(group) == BATCH:
            yield group
            group = []
    if group:
        yield group
