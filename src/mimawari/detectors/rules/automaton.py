"""All patterns of all topics as one hyperscan database.

Hyperscan compiles patterns to finite automata: no back-references, no look-around, and no
input makes it slow. Two databases share the patterns' numbers: one only says which patterns
occur (each once), the other also says where; the second reads only texts that need it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import hyperscan

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WHETHER = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
_WHERE = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SOM_LEFTMOST


def _database(patterns: Sequence[str], flags: int) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    encoded = [p.encode() for p in patterns]
    database.compile(
        expressions=encoded, ids=list(range(len(encoded))), flags=[flags] * len(encoded)
    )
    return database


def check_pattern(pattern: str) -> str | None:
    """Say why the engine refuses a pattern, or None.

    Examples
    --------
    >>> check_pattern("gun|pistol") is None
    True
    >>> "back" in (check_pattern(r"(a)\\\\1") or "").lower()
    True
    """
    try:
        _database([pattern], _WHERE)
    except hyperscan.error as error:
        return str(error)
    return None


class Automaton:
    """Finds which of the patterns occur in a text, and where.

    Parameters
    ----------
    patterns
        Distinct patterns; a hit is reported by position in this sequence.
    owners
        Where each pattern comes from, for messages.
    """

    def __init__(self, patterns: Sequence[str], owners: Mapping[str, str]) -> None:
        self.patterns = tuple(patterns)
        self._local = threading.local()
        try:
            self._whether = _database(self.patterns, _WHETHER) if patterns else None
            self._where = _database(self.patterns, _WHERE) if patterns else None
        except hyperscan.error as error:
            problems = []
            for pattern in self.patterns:
                reason = check_pattern(pattern)
                if reason:
                    problems.append(_refused(owners.get(pattern, "rules"), pattern, reason))
            raise InvalidInputError(
                *problems or [_refused("rules", "all patterns", str(error))]
            ) from error

    def which(self, text: bytes) -> list[int]:
        """Give the patterns that occur in a text, each once, in order of their ends."""
        found: list[int] = []
        if self._whether is not None:
            self._whether.scan(
                text,
                match_event_handler=lambda i, *_: found.append(i),
                scratch=self._scratch("whether"),
            )
        return found

    def where(self, text: bytes) -> list[tuple[int, int, int]]:
        """Give every (pattern, start, end) in bytes of the text."""
        found: list[tuple[int, int, int]] = []
        if self._where is not None:
            self._where.scan(
                text,
                match_event_handler=lambda i, start, end, *_: found.append((i, start, end)),
                scratch=self._scratch("where"),
            )
        return found

    def _scratch(self, name: str) -> hyperscan.Scratch:
        """Give the calling thread's own scratch space: hyperscan's is not shared."""
        scratch = getattr(self._local, name, None)
        if scratch is None:
            database = self._whether if name == "whether" else self._where
            scratch = hyperscan.Scratch(database)
            setattr(self._local, name, scratch)
        return scratch


def _refused(owner: str, pattern: str, reason: str) -> FieldProblem:
    return FieldProblem(
        owner,
        f"the pattern {pattern[:60]!r} cannot be compiled: {reason}",
        "use no back-references or look-around, shorter repeats, or words instead",
    )
