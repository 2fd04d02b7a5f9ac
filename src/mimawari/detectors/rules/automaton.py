"""All patterns of all topics as two hyperscan databases, of plain words and of the rest.

Hyperscan compiles patterns to finite automata: no back-references, no look-around, and no
input makes it slow. The two databases only say which patterns occur (each once). Together they
would compile half as slow again: plain words alone, two thirds of all, take a moment. Where they
occur is asked of few texts and of few patterns, which are known to occur: words are looked for one
by one, expressions by a database each, compiled when first needed. Reporting starts makes a
database slower to compile and to run.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import hyperscan
import numpy as np

from mimawari.detectors.rules.cache import kept_or_compiled
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.listings.normalise import CanonicalTexts

_WHETHER = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
_WHERE = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SOM_LEFTMOST


_PLAIN = re.compile(r"[\w ]+")


def _database(
    patterns: Sequence[str], flags: int, ids: Sequence[int] | None = None
) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    encoded = [p.encode() for p in patterns]
    database.compile(
        expressions=encoded, ids=list(ids or range(len(encoded))), flags=[flags] * len(encoded)
    )
    return database


def check_pattern(pattern: str) -> str | None:
    r"""Say why the engine refuses a pattern, or None.

    Examples
    --------
    >>> check_pattern("gun|pistol") is None
    True
    >>> "back" in (check_pattern(r"(a)\1") or "").lower()
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
    expressions
        Those of the patterns that authors wrote as expressions and may be refused.
    cache
        Folder of compiled databases, of the operator's own.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        owners: Mapping[str, str],
        expressions: Collection[str] = (),
        cache: Path | None = None,
    ) -> None:
        self.patterns = tuple(patterns)
        self._local = threading.local()
        self._expressions = frozenset(expressions)
        self._words: dict[int, re.Pattern[bytes]] = {}
        self._singles: dict[int, hyperscan.Database] = {}
        self._whether: list[hyperscan.Database] = []
        plain = [n for n, p in enumerate(self.patterns) if _PLAIN.fullmatch(p)]
        others = sorted(set(range(len(self.patterns))).difference(plain))
        try:
            self._whether = [
                self._kept(ids, expressions, owners, cache) for ids in (plain, others) if ids
            ]
        except hyperscan.error as error:
            _refuse(self.patterns, owners)
            raise InvalidInputError(_refused("rules", "all", str(error))) from error

    def _kept(
        self,
        ids: list[int],
        expressions: Collection[str],
        owners: Mapping[str, str],
        cache: Path | None,
    ) -> hyperscan.Database:
        """Give the database that says which of the patterns with these numbers occur."""
        patterns = [self.patterns[n] for n in ids]

        def compiled() -> hyperscan.Database:
            # Asking where needs more states than asking whether: check for the harder. What is
            # kept was checked by the same engine before it was compiled.
            _refuse([p for p in patterns if p in expressions], owners)
            return _database(patterns, _WHETHER, ids)

        numbered = [f"{n} {p}" for n, p in zip(ids, patterns, strict=True)]
        return kept_or_compiled(compiled, numbered, _WHETHER, cache)

    def scan_all(self, texts: CanonicalTexts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Give the patterns that occur in each text, each once.

        Returns
        -------
        hits, starts
            Patterns of text ``i`` are ``hits[starts[i]:starts[i + 1]]``.
        """
        hits: list[int] = []
        starts = np.zeros(len(texts) + 1, np.int64)
        take = hits.append
        engines = [(d.scan, self._scratch(n, d)) for n, d in enumerate(self._whether)]

        def on_match(pattern: int, *_: object) -> None:
            take(pattern)

        for i in range(len(texts)):
            text = texts.utf8_of(i)
            for scan, scratch in engines:
                scan(text, match_event_handler=on_match, scratch=scratch)
            starts[i + 1] = len(hits)
        return np.array(hits, np.int32), starts

    def where(self, text: bytes, patterns: Iterable[int]) -> list[tuple[int, int, int]]:
        """Give every (pattern, start, end) of some of the patterns, in bytes of the text."""
        places: list[tuple[int, int, int]] = []
        for number in patterns:
            if self.patterns[number] in self._expressions:
                places += self._where_expression(text, number)
            else:
                places += ((number, *span) for span in self._where_word(text, number))
        return places

    def _where_word(self, text: bytes, number: int) -> Iterator[tuple[int, int]]:
        """Yield every place of a word or phrase, overlapping ones among them."""
        word = self._words.get(number)
        if word is None:
            word = self._words[number] = re.compile(self.patterns[number].encode())
        place = word.search(text)
        while place:
            yield place.span()
            place = word.search(text, place.start() + 1)

    def _where_expression(self, text: bytes, number: int) -> list[tuple[int, int, int]]:
        database = self._singles.get(number)
        if database is None:
            database = self._singles[number] = _database([self.patterns[number]], _WHERE)
        places: list[tuple[int, int, int]] = []
        database.scan(
            text,
            match_event_handler=lambda _, start, end, *__: places.append((number, start, end)),
            scratch=self._scratch(-1 - number, database),
        )
        return places

    def _scratch(self, key: int, database: hyperscan.Database) -> hyperscan.Scratch:
        """Give the calling thread's own scratch space: hyperscan's is not shared."""
        kept: dict[int, hyperscan.Scratch] = self._local.__dict__.setdefault("scratches", {})
        if key not in kept:
            kept[key] = hyperscan.Scratch(database)
        return kept[key]


def _refuse(patterns: Iterable[str], owners: Mapping[str, str]) -> None:
    """Raise with every pattern that the engine refuses."""
    reasons = {pattern: check_pattern(pattern) for pattern in patterns}
    problems = [_refused(owners.get(p, "rules"), p, why) for p, why in reasons.items() if why]
    if problems:
        raise InvalidInputError(*problems)


def _refused(owner: str, pattern: str, reason: str) -> FieldProblem:
    return FieldProblem(
        owner,
        f"the pattern {pattern[:60]!r} cannot be compiled: {reason}",
        "use no back-references or look-around, shorter repeats, or words instead",
    )
