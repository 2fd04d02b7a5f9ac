"""What was measured of a model, as it is stored: figures, on what, and the tables beside."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError


class Source(StrEnum):
    """Where figures come from."""

    VALIDATION = "validation"
    TRIAL = "trial"
    SHADOW = "shadow"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure about a model.

    Parameters
    ----------
    measure
        What it is, one of `mimawari.evaluation.gates.MEASURES`.
    value, low, high
        With its 95 % interval, where it has one.
    over
        Number of listings, labels or pairs that it is of.
    against
        Model that it is compared with; empty: the rules alone; None: with nothing.
    statement
        The figure as a sentence.
    """

    measure: str
    value: float
    low: float | None = None
    high: float | None = None
    over: int | None = None
    against: str | None = None
    statement: str = ""


class Table(msgspec.Struct, frozen=True):
    """Figures behind a figure: cells are texts, as they are shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one measuring.

    Parameters
    ----------
    facts
        What they were measured on and with: data set, processor, seeds, the trial's number.
    absent
        What could not be measured, and why, by measure.
    """

    source: Source
    figures: tuple[Figure, ...] = ()
    facts: dict[str, str] = {}
    absent: dict[str, str] = {}
    tables: tuple[Table, ...] = ()


def decode_measured(text: str | bytes) -> Measured:
    """Read what was measured from JSON.

    Raises
    ------
    InvalidInputError
        A later version wrote it in another form.

    Examples
    --------
    >>> decode_measured('{"source": "trial"}').figures
    ()
    """
    try:
        return msgspec.json.decode(text, type=Measured)
    except msgspec.ValidationError as error:
        remedy = "run the version of mimawari that wrote it, or a later one"
        raise InvalidInputError(FieldProblem("measured", str(error), remedy)) from error
