"""Words, phrases and regular expressions as patterns of the automaton."""

from __future__ import annotations

import re

from mimawari.listings.normalise import canonical

_SPECIAL = re.compile(r"([\\.^$*+?()\[\]{}|#&@!<>:=/-])")
_WORD = re.compile(r"[a-z0-9]")


def literal(text: str) -> str:
    r"""Turn a word or phrase into a pattern over canonical text; '' where nothing is left.

    Words in Latin script match whole words, all else matches anywhere.

    Examples
    --------
    >>> literal("Glue-Gun"), literal("拳銃"), literal("A+")
    ('\\bglue gun\\b', '拳銃', '\\ba\\+')
    """
    folded = canonical(text)
    if not folded:
        return ""
    before = r"\b" if _WORD.match(folded[0]) else ""
    after = r"\b" if _WORD.match(folded[-1]) else ""
    return before + _SPECIAL.sub(r"\\\1", folded) + after
