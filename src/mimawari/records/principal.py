"""Who acts: an account, an API key, or the system."""

from __future__ import annotations

from typing import Literal, Self

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """Who did something.

    Parameters
    ----------
    id
        What tells it apart among its kind; no name, for it stays where names are erased.
    name
        What people call it.

    Examples
    --------
    >>> str(Principal("user", "7", "anna"))
    'user anna'
    """

    kind: Literal["user", "key", "system"]
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @classmethod
    def operator(cls, name: str) -> Self:
        """Give whoever works at the command line, under the name they go by there."""
        return cls("system", "operator", name)
