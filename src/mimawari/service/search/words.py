"""Words of canonical texts as tokens: what the index holds, and what a question needs of it.

Scripts that put no spaces between words are cut into all their characters and all pairs of
neighbours, so that words of one and two characters are tokens. Of other words the beginnings are
tokens: what engines do for a beginning that is none takes seconds where many words begin so.
"""

from __future__ import annotations

import re

import msgspec

LONGEST_WORD = 64
"""Characters of a word that count; stores bound their tokens."""
SHORTEST_BEGINNING, LONGEST_BEGINNING = 3, 12
"""Words at least so long also match longer ones that begin with them; up to which length those
beginnings are tokens."""
# Ideographs, kana, Hangul, Thai, Lao, Khmer, Myanmar, with what belongs inside their words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORDS = re.compile(rf"([{_UNSPACED}]+)|([^\W_{_UNSPACED}]+)")


class Term(msgspec.Struct, frozen=True):
    """A token that a document must have; where ``prefix``, one that begins with it."""

    token: str
    prefix: bool = False


class TextTerms(msgspec.Struct, frozen=True):
    """What a text needs of a document.

    Parameters
    ----------
    terms
        Tokens, all of which it must have.
    parts
        Runs of three characters and more that its canonical text must contain: their pairs could
        stand apart.
    """

    terms: tuple[Term, ...] = ()
    parts: tuple[str, ...] = ()


def tokens(canonical: str) -> set[str]:
    """Give the tokens of a canonical text.

    Examples
    --------
    >>> sorted(tokens("nike の靴 tv 120円"))
    ['120', 'nik', 'nike', 'tv', 'の', 'の靴', '円', '靴']
    """
    made: set[str] = set()
    for unspaced, word in _WORDS.findall(canonical):
        if word:
            made.add(word[:LONGEST_WORD])
            longest = min(len(word), LONGEST_BEGINNING)
            made.update(word[:n] for n in range(SHORTEST_BEGINNING, longest + 1))
        else:
            made.update(unspaced)
            made.update(_pairs(unspaced))
    return made


def text_terms(canonical: str) -> TextTerms:
    """Read what is looked for: every word must be there, in any order.

    Examples
    --------
    >>> text_terms("leather tv")
    TextTerms(terms=(Term(token='leather', prefix=False), Term(token='tv', prefix=False)), parts=())
    >>> text_terms("酒 野菜").terms
    (Term(token='酒', prefix=False), Term(token='野菜', prefix=False))
    >>> [term.token for term in text_terms("東京都").terms], text_terms("東京都").parts
    (['東京', '京都'], ('東京都',))
    """
    terms: dict[Term, None] = {}
    parts: dict[str, None] = {}
    for unspaced, word in _WORDS.findall(canonical):
        if word:
            terms[Term(word[:LONGEST_WORD], LONGEST_BEGINNING < len(word) < LONGEST_WORD)] = None
        elif len(unspaced) == 1:
            terms[Term(unspaced)] = None
        else:
            terms |= dict.fromkeys(map(Term, _pairs(unspaced)))
            if len(unspaced) > 2:
                parts[unspaced] = None
    return TextTerms(tuple(terms), tuple(parts))


def _pairs(unspaced: str) -> list[str]:
    return [unspaced[i : i + 2] for i in range(len(unspaced) - 1)]
