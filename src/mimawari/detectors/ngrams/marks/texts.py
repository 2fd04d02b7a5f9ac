"""What characters' n-grams read: the canonical text with the marks between words left in.

Canonical texts drop punctuation, which rules want; yet `[Replica]`, `.22` and `50/50` say
something that `replica`, `22` and `50 50` do not. Here the marks that stood between words are
put back, where they stood. Marks inside words (g-u-n) stay out: they are disguise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.ngrams.marks.kernel import mark_batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.listings.normalise import CanonicalTexts


@dataclass(frozen=True, slots=True)
class MarkedTexts:
    """Texts with marks as flat arrays: text ``i`` is ``codes[starts[i]:starts[i + 1]]``.

    ``places`` holds where each code point of the canonical texts went, counted from the
    beginning of its own marked text.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    places: NDArray[np.int32]

    def text(self, i: int) -> str:
        """Give marked text ``i``."""
        return "".join(map(chr, self.codes[self.starts[i] : self.starts[i + 1]]))


def with_marks(texts: CanonicalTexts) -> MarkedTexts:
    """Put the marks between words back into canonical texts.

    Examples
    --------
    >>> from mimawari.listings.normalise import canonicalise
    >>> marked = with_marks(canonicalise(["Rolex - [REPLICA]!!!!!!", "g-u-n .22LR", "ﾅｲｷの靴"]))
    >>> [marked.text(i) for i in range(3)]
    ['rolex - [replica]!!!', 'gun .22lr', 'nike の靴']
    """
    return MarkedTexts(
        *mark_batch(texts.codes, texts.starts, texts.origins, texts.original, texts.original_starts)
    )
