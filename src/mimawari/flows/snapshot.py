"""A data set's folder as a source of labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mimawari.datasets import folder
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.datasets.card import Card
    from mimawari.datasets.rows import LabelledVersion
    from mimawari.detectors.rules import RuleSet
    from mimawari.evaluation.choosing.source import Labelled, Labels
    from mimawari.flows.records import Request
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows of a data set that were found unchanged; rules are named beside it."""

    rows: Sequence[LabelledVersion]

    @classmethod
    def read(cls, request: Request) -> Snapshot:
        """Read the data set of a request.

        Raises
        ------
        InvalidInputError
            A file is missing or changed, or the version holds other rows.
        """
        return cls(folder.read_rows(Path(request.folder), request.data_set))

    def labelled(self, topic: str) -> Iterator[Labelled]:
        """Give the labelled listings of a topic."""
        for row in self.rows:
            label = row.label(topic)
            if label is not None:
                yield row.listing, label.value, label.probability

    def labels(self) -> Iterator[Labels]:
        """Give the labels of every topic."""
        for row in self.rows:
            yield row.listing, {label.topic: label.value for label in row.labels}

    def rules(self, topic: str) -> RuleSet | None:
        """Give none: the run's folder has them."""
        return None

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        """Give none: a data set has addresses, not pictures."""
        return None


def checked(request: Request) -> Card:
    """See that a data set is unchanged and has the topics that are asked for; gives its card.

    Raises
    ------
    InvalidInputError
        It is not, or has not.
    """
    Snapshot.read(request)
    card = folder.read_card(Path(request.folder))
    problems = [
        FieldProblem(topic, f"is not in {request.data_set}", f"it has {', '.join(card.topics)}")
        for topic in request.topics
        if topic not in card.topics
    ]
    if not request.topics:
        problems.append(FieldProblem("topics", "are empty", "name at least one"))
    if problems:
        raise InvalidInputError(*problems)
    return card
