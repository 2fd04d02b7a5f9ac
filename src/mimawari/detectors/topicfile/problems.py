"""Collects what is wrong with a topic file, with the place and a suggestion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem
from mimawari.suggestions import unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_NOTED = 200
HALF = re.compile("[\ud800-\udfff]")


class Problems:
    """Problems found so far; parsing goes on, so that all of them are shown at once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.noted: list[FieldProblem] = []
        self._more = 0

    def add(self, where: str, problem: str, remedy: str) -> None:
        """Note one problem."""
        self.note(FieldProblem(f"{self.source}: {where}", problem, remedy))

    def note(self, problem: FieldProblem) -> None:
        """Note one problem; of those past `MOST_NOTED` only the number is kept."""
        if len(self.noted) < MOST_NOTED:
            self.noted.append(problem)
            return
        self._more += 1
        rest = f"has {self._more:,} more problems"
        last = FieldProblem(f"{self.source}: file", rest, "mend those above first")
        self.noted[MOST_NOTED:] = [last]

    def known_keys(self, table: Mapping[str, object], known: Iterable[str], where: str) -> None:
        """Note every key that is not known, with the closest known one."""
        names = sorted(known)
        unknown = [str(key) for key in table if key not in names]

        def problem_of(key: str, near: str | None) -> FieldProblem:
            remedy = f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"
            place = f"{where}.{key[:80]}" if where else key[:80]
            return FieldProblem(f"{self.source}: {place}", "is unknown", remedy)

        # Of what is only counted no name is looked up: tables may be as many as keys.
        near = names if len(self.noted) < MOST_NOTED else ()
        for problem in unknown_names(
            unknown, near, problem_of, f"{self.source}: {where or 'file'}"
        ):
            self.note(problem)

    def text(
        self, table: Mapping[str, object], key: str, where: str, required: bool = False
    ) -> str:
        """Take a string; notes a missing or mistyped one."""
        value = table.get(key, "")
        place = f"{where}.{key}" if where else key
        if not isinstance(value, str):
            self.add(place, f"is {shown(value)}", "write a text in quotes")
            return ""
        if required and not value.strip():
            self.add(place, "is missing", "write a text")
        return value

    def by_language(self, table: Mapping[str, object], where: str) -> dict[str, str]:
        """Take texts by language; notes those that are empty or mistyped."""
        return {str(k): self.text(table, k, where, required=True).strip() for k in table}

    def switch(self, table: Mapping[str, object], key: str, where: str = "") -> bool:
        """Take true or false; false where it is left out."""
        value = table.get(key, False)
        if not isinstance(value, bool):
            place = f"{where}.{key}" if where else key
            self.add(place, f"is {shown(value)}", "write true or false")
        return bool(value)

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        """Take a list of non-empty strings."""
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.add(where, f"is {shown(value)}", "write a list of texts")
            return ()
        if any(HALF.search(v) for v in value):  # YAML can write one, UTF-8 cannot
            self.add(where, "holds half of a surrogate pair", "write the whole character")
            return ()
        return tuple(value)


def shown(value: object) -> str:
    """Shorten a value for a message.

    Examples
    --------
    >>> shown("x" * 100)[:10], len(shown("x" * 100))
    ("'xxxxxxxxx", 60)
    """
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits, which hexadecimal ones may have
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:59] + "…"
