"""Search as slowly and plainly as can be: every listing is looked at, no index, no tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

import msgspec

from mimawari.listings.normalise import canonical
from mimawari.service.search.query import Query

UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "IDEOGRAPHIC")


class Case(msgspec.Struct, frozen=True):
    """A listing version, and what was decided of it: topic, verdict, moderator, action."""

    id: int
    text: str
    seller: str
    day: date
    decided: tuple[tuple[str, str, int, str], ...] = ()


def words(text: str) -> list[str]:
    """Cut a canonical text where its script changes, or something is no word."""
    cut: list[str] = []
    kind_before = ""
    for char in text:
        kind = ""
        if re.fullmatch(r"[^\W_]", char):
            name = unicodedata.name(char, "")
            kind = "unspaced" if name.startswith(UNSPACED) else "spaced"
        if kind and kind == kind_before:
            cut[-1] += char
        elif kind:
            cut.append(char)
        kind_before = kind
    return cut


def is_unspaced(word: str) -> bool:
    return unicodedata.name(word[0], "").startswith(UNSPACED)


def has_word(text: str, word: str) -> bool:
    """Whether a canonical text has a word: within its script's run, or as a word's beginning."""
    if is_unspaced(word):
        return any(word in run for run in words(text) if is_unspaced(run))
    if len(word) < 3:
        return word in words(text)
    return any(own.startswith(word) for own in words(text))


def matches(case: Case, query: Query) -> bool:
    text = canonical(case.text)
    if not all(has_word(text, word) for word in words(canonical(query.text))):
        return False
    if query.seller and query.seller != case.seller:
        return False
    if query.first_day and case.day < query.first_day:
        return False
    if query.last_day and case.day > query.last_day:
        return False
    rows = [row for row in case.decided if query.topic in ("", row[0])]
    if query.topic and not rows:
        return False
    who = query.moderator
    if (query.verdict or who is not None) and not any(
        query.verdict in ("", verdict) and who in (None, moderator)
        for _, verdict, moderator, _ in rows
    ):
        return False
    return not query.action or any(action == query.action for *_, action in rows)


def matching(cases: Iterable[Case], query: Query) -> list[int]:
    """Give the numbers of those that match, newest first."""
    return sorted((case.id for case in cases if matches(case, query)), reverse=True)
