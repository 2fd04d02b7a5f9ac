"""Rows of a file that hold no listing: how many, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.readers.read import read_listings
from mimawari.listings.readers.reading import AS_IT_IS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mimawari.listings.readers.reading import Reading
    from mimawari.listings.readers.rows import Row

MOST_KINDS = 100
SHOWN = 3


class Reason(msgspec.Struct, frozen=True):
    """A kind of problem, by its first example, and how many rows have it."""

    rows: int
    example: FieldProblem

    def __str__(self) -> str:
        return f"{self.example.field} {self.example.problem} in {self.rows:,}"


class LeftOut(msgspec.Struct, frozen=True):
    """Rows that hold no listing, what is wrong with the first, and the reasons by frequency.

    Examples
    --------
    >>> str(LeftOut("a.csv", 2, "line 3: title: is missing; give it"))
    '2 rows of a.csv are left out; the first, line 3: title: is missing; give it'
    """

    file: str
    rows: int
    first: str
    reasons: tuple[Reason, ...] = ()

    def __str__(self) -> str:
        return f"{self.rows:,} rows of {self.file} are left out; the first, {self.first}"

    def why(self) -> str:
        """Name the commonest reasons with their numbers of rows."""
        return ", ".join(map(str, self.reasons[:SHOWN]))

    def as_error(self) -> InvalidInputError:
        """Say that no row is left, and what most of them lack.

        Examples
        --------
        >>> missing = FieldProblem("currency", "is missing beside a price", "give its code")
        >>> str(LeftOut("a.csv", 9, "", (Reason(9, missing),)).as_error())
        'a.csv: has no good row: currency is missing beside a price in 9 of 9; give its code'
        """
        remedy = self.reasons[0].example.remedy if self.reasons else "correct its rows"
        problem = f"has no good row: {self.why()} of {self.rows:,}"
        return InvalidInputError(FieldProblem(self.file, problem, remedy))


class Refusals:
    """Counts refused rows by kind of problem, in bounded memory."""

    def __init__(self, file: str) -> None:
        self._file, self._rows, self._first = file, 0, ""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], FieldProblem] = {}

    def add(self, row: Row, problems: tuple[FieldProblem, ...] = ()) -> None:
        """Count a row, with its own problems unless others are given."""
        problems = problems or row.problems
        self._rows += 1
        self._first = self._first or f"line {row.line}: {problems[0]}"
        for key in dict.fromkeys((problem.field, problem.remedy) for problem in problems):
            if key in self._examples or len(self._examples) < MOST_KINDS:
                self._counts[key] += 1
        for problem in problems:
            if len(self._examples) < MOST_KINDS:
                self._examples.setdefault((problem.field, problem.remedy), problem)

    @property
    def left_out(self) -> LeftOut:
        """What was counted so far."""
        reasons = tuple(Reason(n, self._examples[k]) for k, n in self._counts.most_common())
        return LeftOut(self._file, self._rows, self._first, reasons)

    def __bool__(self) -> bool:
        return self._rows > 0


def good_rows(
    path: Path,
    reading: Reading = AS_IT_IS,
    left_out: Callable[[LeftOut], object] = lambda rows: None,
) -> Iterator[Row]:
    """Read the rows that hold a listing, and tell of the others once all are read.

    Raises
    ------
    InvalidInputError
        All rows are refused, or the file cannot be read as a whole. A file without rows gives
        none.
    """
    refusals, any_good = Refusals(path.name), False
    for row in read_listings(path, reading=reading):
        if row.listing is None:
            refusals.add(row)
        else:
            any_good = True
            yield row
    if refusals and not any_good:
        raise refusals.left_out.as_error()
    if refusals:
        left_out(refusals.left_out)
