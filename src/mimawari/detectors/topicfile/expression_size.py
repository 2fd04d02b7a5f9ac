"""How much an expression is once its counted repetitions are written out.

The engine compiles an expression to states, about one a position, and takes seconds to find that
there are too many: `(a|b.{0,500}c){1,30}` is 20 letters, 15,000 positions and 18 s of a core.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"\\(?:[xpP]\{[^}]*\}|.)|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.", re.DOTALL
)
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_OPENING = re.compile(r"\?(?:[:=!>|#]|<[=!]|P?<\w+>|[a-zA-Z-]*:)")


def positions(expression: str) -> int:
    r"""Count the characters that an expression could match, repetitions written out.

    One that is malformed gets some number: the engine says what is wrong with it.

    Examples
    --------
    >>> positions("gun"), positions("[a-z]{2,5}x"), positions(r"(?:ab|c{3}){1,10}\d+")
    (3, 6, 51)
    """
    counts: list[int] = [0]
    last: list[int] = [0]
    at = 0
    while at < len(expression):
        match = _PIECE.match(expression, at)
        assert match is not None  # the last alternative takes any character
        piece, at = match[0], match.end()
        if piece == "(":
            counts.append(0)
            last.append(0)
            opening = _OPENING.match(expression, at)
            at = opening.end() if opening else at
        elif piece == ")":
            inside = counts.pop() if len(counts) > 1 else 0
            last = last[:-1] if len(last) > 1 else last
            counts[-1] += inside
            last[-1] = inside
        elif counted := _COUNTED.fullmatch(piece):
            times = int(counted[2] or counted[1]) + (counted[2] == "")
            counts[-1] += last[-1] * (times - 1)
            last[-1] *= times
        elif piece not in "|^$*+?":
            counts[-1] += 1
            last[-1] = 1
    return sum(counts)
