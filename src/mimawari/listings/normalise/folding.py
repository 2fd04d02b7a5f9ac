"""Folding texts by the table of readings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.normalise.readings import Readings, default_readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.normalise.texts import CanonicalTexts


def canonicalise(texts: Sequence[str], readings: Readings | None = None) -> CanonicalTexts:
    r"""Fold texts so that spellings meant to be read alike are alike.

    Parameters
    ----------
    texts
        As sellers wrote them, of any length and content.
    readings
        Words that mean the same; the package's own table unless given.

    Examples
    --------
    >>> texts = canonicalise(["ＮＩＫＥ", "ナイキ", "ﾅｲｷ", "n.i.k.e", "ni\u200bkе"])
    >>> {texts.text(i) for i in range(5)}
    {'nike'}
    """
    readings = default_readings() if readings is None else readings
    return readings.fold(texts)


def canonical(text: str, readings: Readings | None = None) -> str:
    """Fold one text.

    Examples
    --------
    >>> canonical("G.u.N ☆ ｶﾞﾝﾀﾞﾑ"), canonical("w33d 10mg 1,200円 🔫")
    ('gun ☆ がんだむ', 'weed 10mg 1200円 gun')
    """
    return canonicalise([text], readings).text(0)
