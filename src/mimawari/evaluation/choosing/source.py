"""Where labels, rules and pictures come from: a file here; the store elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers import AS_IT_IS, LeftOut, Reading, good_rows
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from mimawari.listings.media.pictures import Pictures

Labelled: TypeAlias = tuple[Listing, int | None, float]
Labels: TypeAlias = tuple[Listing, Mapping[str, int]]
MOST_LABELS = 1_000


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
    """A file with columns ``label:TOPIC``, or one of label names; rules are the starter pack's.

    Parameters
    ----------
    until
        Listings whose own time is this or later are left out; those without a time stay.
    left_out
        Is told which rows could not be read, once all are.
    reading
        What the file does not say of itself.
    """

    path: Path
    until: datetime | None = None
    left_out: Callable[[LeftOut], None] = lambda rows: None
    reading: Reading = AS_IT_IS

    def labelled(self, topic: str) -> Iterator[Labelled]:
        """Give the listings; the probability is 1 over ``weight:TOPIC``, and 1 without one.

        Raises
        ------
        InvalidInputError
            No row of the file can be read, or none has a label for the topic.
        """
        labelled, left_out = 0, list[LeftOut]()
        other_labels: set[str] = set()
        for row in good_rows(self.path, self.reading, left_out.append):
            label = row.labels.get(topic)
            labelled += label is not None
            if len(other_labels) < MOST_LABELS:
                other_labels.update(row.labels)
            if row.listing is not None and not _later(row.listing, self.until):
                yield row.listing, label, 1 / row.weights.get(topic, 1.0)
        for rows in left_out:
            self.left_out(rows)
        if not labelled:
            raise InvalidInputError(_no_label(topic, self.path.name, other_labels, left_out))

    def labels(self) -> Iterator[Labels]:
        """Give the listings with their labels."""
        for row in good_rows(self.path, self.reading):
            if row.listing is not None:
                yield row.listing, row.labels

    def rules(self, topic: str) -> RuleSet | None:
        """Give the starter pack's."""
        return starter_rules(topic)

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        """Give none: a file has addresses, not pictures."""
        return None


def _no_label(
    topic: str, file: str, other_labels: set[str], left_out: list[LeftOut]
) -> FieldProblem:
    """Say why a topic has no label: it goes by another name, or its rows are refused."""
    field, problem = f"label:{topic}", f"has no label in {file}"
    for rows in left_out:
        problem += f", of which {rows.rows:,} rows are left out ({rows.why()})"
    if not other_labels:
        return FieldProblem(field, problem, "add this column holding 1, 0 or nothing (unknown)")
    near = nearest(topic, other_labels)
    names = ", ".join(sorted(other_labels)[:10])
    remedy = f"did you mean --topic {near}?" if near else f"add it; the file labels {names}"
    return FieldProblem(field, problem, remedy)


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
