"""How alike one text is to others, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.duplicates.index import LEAST_SIMILARITY
from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEAST_SIMILARITY", "similarities"]


def similarities(text: str, others: Sequence[str]) -> list[float]:
    """Estimate the Jaccard similarity of a text to each of others, in canonical form.

    An empty text is like none.

    Examples
    --------
    >>> similarities("Air gun, as new, with case", ["AIR GUN, as new, with case", "a cup", ""])
    [1.0, 0.0, 0.0]
    """
    own, *rest = (canonical(each) for each in (text, *others))
    sketches = digests([own, *rest])
    alike = (sketches[1:] == sketches[0]).mean(axis=1) if rest else []
    return [
        float(share) if own and other else 0.0 for share, other in zip(alike, rest, strict=True)
    ]
