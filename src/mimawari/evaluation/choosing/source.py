"""Where labels, rules and pictures come from: a file here; the store elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers import read_listings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from mimawari.listings.media.pictures import Pictures

Labelled: TypeAlias = tuple[Listing, int | None, float]
Labels: TypeAlias = tuple[Listing, Mapping[str, int]]


class LeftOut(msgspec.Struct, frozen=True):
    """Rows of a file that hold no listing, and what is wrong with the first.

    Examples
    --------
    >>> str(LeftOut("a.csv", 2, "line 3: title: is missing; give it"))
    '2 rows of a.csv are left out; the first, line 3: title: is missing; give it'
    """

    file: str
    rows: int
    first: str

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.file} are left out; the first, {self.first}"


class Source(Protocol):
    """What a topic's model may be made from."""

    def labelled(self, topic: str) -> Iterable[Labelled]:
        """Give listings, their label for the topic, and the probability of their review."""
        ...

    def labels(self) -> Iterable[Labels]:
        """Give listings with their labels for every topic."""
        ...

    def rules(self, topic: str) -> RuleSet | None:
        """Give rules that have the topic; None without."""
        ...

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        """Give the listings' pictures; None without any."""
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file with a column ``label:TOPIC`` a topic; rules are those of the starter pack.

    Parameters
    ----------
    until
        Listings whose own time is this or later are left out; those without a time stay.
    left_out
        Is told which rows could not be read, once all are.
    """

    path: Path
    until: datetime | None = None
    left_out: Callable[[LeftOut], None] = lambda rows: None

    def labelled(self, topic: str) -> Iterator[Labelled]:
        """Give the listings; the probability is 1 over ``weight:TOPIC``, and 1 without one.

        Raises
        ------
        InvalidInputError
            No row of the file has a label for the topic.
        """
        any_label = False
        bad, first = 0, ""
        for row in read_listings(self.path):
            label = row.labels.get(topic)
            any_label = any_label or label is not None
            if row.listing is None:
                bad += 1
                first = first or f"line {row.line}: {row.problems[0]}"
            elif not _later(row.listing, self.until):
                yield row.listing, label, 1 / row.weights.get(topic, 1.0)
        if bad:
            self.left_out(LeftOut(self.path.name, bad, first))
        if not any_label:
            problem, remedy = f"has no label in {self.path.name}", "add this column holding 1, 0"
            raise InvalidInputError(
                FieldProblem(f"label:{topic}", problem, f"{remedy} or nothing (unknown)")
            )

    def labels(self) -> Iterator[Labels]:
        """Give the listings with their labels."""
        for row in read_listings(self.path):
            if row.listing is not None:
                yield row.listing, row.labels

    def rules(self, topic: str) -> RuleSet | None:
        """Give the starter pack's."""
        return starter_rules(topic)

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        """Give none: a file has addresses, not pictures."""
        return None


def _later(listing: Listing, until: datetime | None) -> bool:
    at = listing.created_at or listing.updated_at
    return until is not None and at is not None and at >= until


def starter_rules(topic: str) -> RuleSet | None:
    """Give a topic's rules of the starter pack; None where it has none."""
    files = [load(path) for path in starter() if path.stem == topic]
    return RuleSet.compile(files, run_examples=False) if files else None


def rules_of_file(path: Path, topic: str) -> RuleSet:
    """Give the rules of a topic's file.

    Raises
    ------
    InvalidInputError
        The file cannot be read, or is another topic's.
    """
    file = load(path)
    if file.topic != topic:
        problem = f"is of the topic {file.topic}, not {topic}"
        raise InvalidInputError(FieldProblem("--rules", problem, "name the topic's own file"))
    return RuleSet.compile([file], run_examples=False)
