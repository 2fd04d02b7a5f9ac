"""Where each model's scores go, champions first and then those beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.detectors.base import advises_only
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mimawari.detectors.base import Detector


@dataclass(frozen=True, slots=True)
class Slot:
    """A model, and its columns in a matrix of all models' scores.

    Parameters
    ----------
    columns
        One for each of the model's topics.
    beside
        Whether it stands beside the champions.
    """

    model: Detector
    columns: tuple[int, ...]
    beside: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What its failures are told under: its topics, or its version where beside."""
        return (self.model.version,) if self.beside else self.model.topics

    def floor(
        self, floors: Mapping[str, float], beside_floors: Mapping[str, float]
    ) -> float | None:
        """Give the floor of a model of one topic."""
        return (beside_floors if self.beside else floors).get(self.names[0])


def lay_out(
    champions: Sequence[Detector], beside: Sequence[Detector], topics: Sequence[str]
) -> Iterator[Slot]:
    """Give champions the columns of their topics, and models beside them the next ones."""
    for model in champions:
        yield Slot(model, tuple(topics.index(topic) for topic in model.topics), beside=False)
    first = len(topics)
    for model in beside:
        yield Slot(model, tuple(range(first, first + len(model.topics))), beside=True)
        first += len(model.topics)


def check_models(champions: Sequence[Detector], beside: Sequence[Detector]) -> None:
    """Refuse models that may not take part.

    Raises
    ------
    InvalidInputError
        A model only advises, two champions have the same topic, or two models beside them
        the same version.
    """
    advising = [model for model in (*champions, *beside) if advises_only(model)]
    problems = [
        FieldProblem(
            topic,
            "has a detector that only advises on what to label",
            "train a model from the labels (mimawari train) and activate that",
        )
        for topic in sorted({topic for model in advising for topic in model.topics})
    ]
    problems += [
        FieldProblem(topic, "has two models", "activate one of them, give the other beside it")
        for topic in _repeated([topic for model in champions for topic in model.topics])
    ]
    problems += [
        FieldProblem(version, "is given twice beside the champions", "give each model once")
        for version in _repeated([model.version for model in beside])
    ]
    if problems:
        raise InvalidInputError(*problems)


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
