"""Collects what is wrong with a topic file, with the place and a suggestion."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HALF = re.compile("[\ud800-\udfff]")


class Problems:
    """Problems found so far; parsing goes on, so that all of them are shown at once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.noted: list[FieldProblem] = []

    def add(self, where: str, problem: str, remedy: str) -> None:
        """Note one problem."""
        self.noted.append(FieldProblem(f"{self.source}: {where}", problem, remedy))

    def known_keys(self, table: Mapping[str, object], known: Iterable[str], where: str) -> None:
        """Note every key that is not known, with the closest known one."""
        names = sorted(known)
        for key in table:
            if key not in names:
                near = get_close_matches(str(key), names, 1)
                remedy = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
                self.add(f"{where}.{key}" if where else str(key), "is unknown", remedy)

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
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
