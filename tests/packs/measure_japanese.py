"""How much of the Japanese titles does the starter pack catch, and which near misses?

    python -m tests.packs.measure_japanese [--titles] [--half set_aside | second_set_aside]

Prints one row a topic: violations caught by the topic's own rules and by any topic's, the
indirect ones among them, and near misses flagged likewise. ``--titles`` lists what was missed
and what was flagged. Titles set aside are for one run a set, when the rules are finished.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest
from tests.packs.japanese_titles import HALVES, Title, TopicTitles, read

from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

COLUMNS = (
    "topic",
    "violating",
    "caught",
    "caught by any topic",
    "indirect",
    "indirect caught",
    "near misses",
    "flagged",
    "flagged by any topic",
)


@dataclass(frozen=True)
class Outcome:
    """One title of a topic, and the names ``topic/rule`` of the rules that hold for it."""

    topic: str
    title: Title
    violates: bool
    rules: tuple[str, ...]

    @property
    def by_own_topic(self) -> bool:
        """Whether a rule of the title's topic holds."""
        return any(name.startswith(f"{self.topic}/") for name in self.rules)


def measure(rules: RuleSet, topics: Sequence[TopicTitles]) -> list[Outcome]:
    """Run every rule on every title."""
    rows = [
        (titles.topic, title, violates)
        for titles in topics
        for violates, part in ((True, titles.violating), (False, titles.near_misses))
        for title in part
    ]
    listings = [
        Listing(id=str(i), version=1, seller_id="s", title=t.title, description=t.description)
        for i, (_, t, _) in enumerate(rows)
    ]
    hits = rules.match(ListingBatch.of(listings))
    return [Outcome(*row, rules=hits.of(i)) for i, row in enumerate(rows)]


def counts(outcomes: Sequence[Outcome]) -> list[int]:
    """Count the figures of one row of the table."""
    violating = [o for o in outcomes if o.violates]
    indirect = [o for o in violating if o.title.indirect]
    permitted = [o for o in outcomes if not o.violates]
    return [
        len(violating),
        sum(o.by_own_topic for o in violating),
        sum(bool(o.rules) for o in violating),
        len(indirect),
        sum(o.by_own_topic for o in indirect),
        len(permitted),
        sum(o.by_own_topic for o in permitted),
        sum(bool(o.rules) for o in permitted),
    ]


def share(part: int, whole: int) -> str:
    """Write a share with its 95 % Wilson interval."""
    interval = binomtest(part, whole).proportion_ci(method="wilson")
    return f"{part} of {whole}: {part / whole:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print the table and both shares."""
    table = Table(*COLUMNS, title="Starter pack on Japanese titles")
    for topic in dict.fromkeys(o.topic for o in outcomes):
        table.add_row(topic, *map(str, counts([o for o in outcomes if o.topic == topic])))
    total = counts(outcomes)
    table.add_row("all", *map(str, total))
    console.print(table)
    direct = (total[1] - total[4], total[0] - total[3])
    console.print(f"recall by the topic's own rules: {share(total[1], total[0])}")
    console.print(f"recall on direct wording: {share(*direct)}")
    console.print(f"near misses flagged by the topic's own rules: {share(total[6], total[5])}")
    console.print(f"near misses flagged by any topic's rules: {share(total[7], total[5])}")


def show_titles(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print the violations missed and the near misses flagged."""
    for o in outcomes:
        if o.violates and not o.by_own_topic:
            console.print(f"missed  {o.topic}: {o.title.title} {list(o.rules)}", markup=False)
        if not o.violates and o.rules:
            console.print(f"flagged {o.topic}: {o.title.title} {list(o.rules)}", markup=False)


def main() -> None:
    """Measure one half and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.packs.measure_japanese")
    parser.add_argument("--half", choices=HALVES, default="development")
    parser.add_argument("--titles", action="store_true", help="list misses and false hits")
    asked = parser.parse_args()
    console = Console(soft_wrap=True)
    outcomes = measure(RuleSet.compile(load(path) for path in starter()), read(asked.half))
    show(outcomes, console)
    if asked.titles:
        show_titles(outcomes, console)


if __name__ == "__main__":
    main()
