"""The words of a listing's text, and the text with some of them rewritten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.listings.validation import LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from mimawari.listings.listing import Listing

T = TypeVar("T")
Word = tuple[int, int]
"""Start and end of a word in `Listing.text`, in characters."""

# Runs of one script: Japanese puts no spaces, but changes script at most word boundaries.
_WORD = re.compile(
    r"[ァ-ヺー]{2,}|[ぁ-ゖー]{2,}|[一-鿿々]{2,}|(?<!\d)\d*+[^\W\d_ぁ-ヺー一-鿿][^\W_ぁ-ヺー一-鿿]*"
)


def pick(random: np.random.Generator, choices: Sequence[T]) -> T:
    """Draw one.

    Examples
    --------
    >>> import numpy as np
    >>> pick(np.random.default_rng(0), "abc")
    'c'
    """
    return choices[int(random.integers(len(choices)))]


def words(text: str) -> list[Word]:
    """Give the words; numbers, and single kana and ideographs, are left out.

    Examples
    --------
    >>> text = "Glock 19 新品のナイキ"
    >>> [text[a:b] for a, b in words(text)]
    ['Glock', '新品', 'ナイキ']
    """
    return [match.span() for match in _WORD.finditer(text)]


def order(text: str, random: np.random.Generator, targets: Sequence[Word]) -> list[Word]:
    """Give the targets in their order, then the other words in random order.

    Examples
    --------
    >>> import numpy as np
    >>> order("real gun here", np.random.default_rng(0), [(5, 8)])
    [(5, 8), (0, 4), (9, 13)]
    """
    wanted = [word for word in targets if 0 <= word[0] < word[1] <= len(text)]
    known = set(wanted)
    rest = [word for word in words(text) if word not in known]
    return wanted + [rest[i] for i in random.permutation(len(rest))]


def rewrite(listing: Listing, new: Mapping[Word, str]) -> Listing:
    """Rewrite words of title and description; a word whose rewriting is too long stays.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="a gun", description="new gun")
    >>> changed = rewrite(listing, {(2, 5): "g-u-n", (10, 13): "pistol"})
    >>> changed.title, changed.description
    ('a g-u-n', 'new pistol')
    """
    second = len(listing.title) + 1
    title = {word: text for word, text in new.items() if word[1] < second}
    below = {(a - second, b - second): text for (a, b), text in new.items() if a >= second}
    return msgspec.structs.replace(
        listing,
        title=_rewritten(listing.title, title, LIMITS["title"]),
        description=_rewritten(listing.description, below, LIMITS["description"]),
    )


def _rewritten(text: str, new: Mapping[Word, str], most: int) -> str:
    parts, at, length = [], 0, len(text)
    for (start, end), word in sorted(new.items()):
        longer = len(word) - (end - start)
        if start < at or length + longer > most:  # overlaps the one before, or finds no room
            continue
        length += longer
        parts += [text[at:start], word]
        at = end
    return "".join((*parts, text[at:]))
