"""What a topic file would have flagged, had it been in force."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from mimawari.detectors.rules.ruleset import RuleSet
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mimawari.detectors.base import Span
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference

MOST_SHARE = 0.01
MOST_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A flagged listing, the rules that flagged it, and where in its text."""

    listing: Listing
    rules: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(slots=True)
class ReplayReport:
    """How many listings a topic file flags.

    Parameters
    ----------
    topic
        Topic of the file.
    limit
        Share of listings above which a topic file is taken for a mistake.
    seen, flagged
        Listings read, and those for which at least one rule holds.
    by_rule
        Listings by ``topic/rule``, with 0 for rules that never hold.
    samples
        The first listings flagged.

    Examples
    --------
    >>> report = ReplayReport("weapons", 0.01, seen=200, flagged=5)
    >>> report.share, report.flags_too_many
    (0.025, True)
    """

    topic: str
    limit: float
    seen: int = 0
    flagged: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the listings that are flagged; 0 where there are none."""
        return self.flagged / self.seen if self.seen else 0.0

    @property
    def flags_too_many(self) -> bool:
        """Whether the share passes the limit."""
        return self.share > self.limit


def replay(
    topic_file: TopicFile,
    listings: Iterable[Listing],
    prices: PriceReference | None = None,
    batch: int = 1_000,
    on_progress: Callable[[int], None] | None = None,
    limit: float = MOST_SHARE,
) -> ReplayReport:
    """Run a topic file over listings; nothing is stored.

    Parameters
    ----------
    prices
        For ``price_vs_median``, which holds for no listing without them.
    batch
        Listings read and matched at a time.
    on_progress
        Told the number of listings seen after each batch.

    Raises
    ------
    InvalidInputError
        For rules that cannot be compiled or whose examples do not come out.
    """
    rules = RuleSet.compile([topic_file], prices)
    report = ReplayReport(topic_file.topic, limit, by_rule=Counter(dict.fromkeys(rules.names, 0)))
    stream = iter(listings)
    while group := list(islice(stream, batch)):
        hits = rules.match(ListingBatch.of(group))
        report.by_rule.update(hits.names[rule] for rule in hits.rules.tolist())
        rows = sorted(set(hits.listings.tolist()))
        report.seen += len(group)
        report.flagged += len(rows)
        wanted = rows[: MOST_SAMPLES - len(report.samples)]
        report.samples += [_sample(rules, group[row], topic_file.topic) for row in wanted]
        if on_progress:
            on_progress(report.seen)
    return report


def _sample(rules: RuleSet, listing: Listing, topic: str) -> Sample:
    why = rules.explain(ListingBatch.of([listing]), 0, topic)
    return Sample(listing, why.rules, why.spans)
