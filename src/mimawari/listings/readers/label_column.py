"""One column that holds the names of a row's labels, or yes and no for one topic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.decoding import printable
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mimawari.listings.readers.reading import Reading

USUAL = ("label", "labels")
"""Columns that are taken for one of label names without being named."""
MOST_NAMES = 1_000
NOTHING = "none"
"""The name that says that none of the labels applies."""
_TRUE = ("1", "1.0", "true", "t", "yes", "y", "on")
_FALSE = ("0", "0.0", "false", "f", "no", "n", "off")
TRUTH = dict.fromkeys(_TRUE, 1) | dict.fromkeys(_FALSE, 0)
"""How people write that a label applies or does not."""
TRUTH_FORMS = "1 or 0, yes or no, true or false"
_UNKNOWN = ("", "nan", "null")
_BETWEEN = re.compile(r"[,;|\n]")


class LabelColumn(msgspec.Struct, frozen=True):
    """A column of label names, once all of its cells were seen.

    Parameters
    ----------
    names
        Every name that any row holds; empty for a column of yes and no.
    topic
        What a column of yes and no labels.
    """

    name: str
    names: frozenset[str] = frozenset()
    topic: str | None = None

    def labels(self, cell: object) -> dict[str, int]:
        """Give a cell's labels: 1 for what it names, 0 for what only other rows name.

        An empty cell is unknown; a list without names, and the name ``none``, are not.

        Examples
        --------
        >>> LabelColumn("labels", frozenset({"gun", "knife"})).labels("knife; none")
        {'gun': 0, 'knife': 1}
        >>> LabelColumn("label", topic="gun").labels("No"), LabelColumn("label").labels(None)
        ({'gun': 0}, {})
        """
        named = names_in(cell)
        if named is None:
            return {}
        if self.topic is not None:
            values = {TRUTH[name.lower()] for name in named}
            return {self.topic: values.pop()} if len(values) == 1 else {}
        return {name: int(name in named) for name in sorted(self.names)}


def names_in(cell: object) -> list[str] | None:
    """Give the names of a cell, None where it says nothing.

    Examples
    --------
    >>> names_in("gun, knife"), names_in(["gun"]), names_in("['gun','knife']"), names_in("[]")
    (['gun', 'knife'], ['gun'], ['gun', 'knife'], [])
    >>> names_in(True), names_in(" "), names_in(None)
    (['true'], None, None)
    """
    if isinstance(cell, list):
        texts = [str(part).strip() for part in cell if part is not None]
    else:
        text = "" if cell is None else str(cell).strip()
        if text.lower() in _UNKNOWN:
            return None
        text = text.lower() if isinstance(cell, bool) else text
        listed = text.startswith("[") and text.endswith("]")
        texts = [part.strip() for part in _BETWEEN.split(text[1:-1] if listed else text)]
        texts = [part.strip("'\"") for part in texts] if listed else texts
    return list(dict.fromkeys(part for part in texts if part))


def column_name(columns: Sequence[str], reading: Reading, file: str) -> str | None:
    """Give the name of the column of label names among these; None without one.

    Raises
    ------
    InvalidInputError
        The column that was named is not there, or two might be meant.
    """
    if reading.label_column is None:
        usual = [name for name in USUAL if name in columns]
        if len(usual) > 1:
            problem = FieldProblem(
                f"{file}: column labels", "stands beside label", "remove one of them"
            )
            raise InvalidInputError(problem)
        return usual[0] if usual else None
    if reading.label_column not in columns:
        near = nearest(reading.label_column, columns)
        shown = ", ".join(printable(column) for column in columns[:20])
        remedy = f"did you mean {near!r}?" if near else f"name one of {shown}"
        problem = FieldProblem("--label-column", f"is no column of {file}", remedy)
        raise InvalidInputError(problem)
    return reading.label_column


def check_named(reading: Reading, own: Sequence[str]) -> None:
    """Refuse a column of label names that is a listing's own field."""
    if reading.label_column in own:
        problem = f"is {reading.label_column}, a field of listings"
        remedy = "name the column that holds labels alone"
        raise InvalidInputError(FieldProblem("--label-column", problem, remedy))


def add_names(names: set[str], cell: object, column: str) -> None:
    """Add a cell's names.

    Raises
    ------
    InvalidInputError
        There are so many that they are texts.
    """
    names.update(names_in(cell) or ())
    if len(names) > MOST_NAMES:
        problem, remedy = f"holds more than {MOST_NAMES:,} names", "name another: --label-column"
        raise InvalidInputError(FieldProblem(f"column {printable(column)}", problem, remedy))


def column_of(name: str, names: set[str], reading: Reading) -> LabelColumn:
    """Make a column of all names that it holds.

    Raises
    ------
    InvalidInputError
        They are yes and no, of an unknown topic.
    """
    if not names or any(label.lower() not in TRUTH for label in names):
        return LabelColumn(name, frozenset(n for n in names if n.lower() != NOTHING))
    if reading.topic is None:
        problem = f"holds {', '.join(sorted(names))} of no topic"
        raise InvalidInputError(
            FieldProblem(f"column {printable(name)}", problem, "rename it label:TOPIC")
        )
    return LabelColumn(name, topic=reading.topic)


def read_column(name: str, cells: Iterable[object], reading: Reading) -> LabelColumn:
    """See all cells of a column, where labels are asked for."""
    if not reading.labels:
        return LabelColumn(name)
    names: set[str] = set()
    for cell in cells:
        add_names(names, cell, name)
    return column_of(name, names, reading)
