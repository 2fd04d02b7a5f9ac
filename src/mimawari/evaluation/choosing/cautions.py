"""What labelled rows cannot teach, though there are enough of them: told before a training."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem
from mimawari.listings.normalise import canonicalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.listings.listing import Listing

# Of the violations: held by one seller, or written in one language.
MOST = 0.8
# Of the rest: written in that language, below which the language alone tells them apart.
FEW = 0.5
FEWEST_TEXTS = 10
MOST_READ = 2_000
_WIDTHS = ("FULLWIDTH", "HALFWIDTH")
_TOGETHER = dict.fromkeys(
    ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"), "Japanese or Chinese"
)


def cautions(topic: str, rows: Rows) -> tuple[FieldProblem, ...]:
    """Say what a model of these rows would not know; nothing where they are varied.

    Examples
    --------
    >>> from mimawari.detectors.gbdt.rows import collect
    >>> from mimawari.listings.listing import Listing
    >>> ware = [Listing(id=str(i), version=1, seller_id=str(i), title="gun") for i in range(20)]
    >>> [caution.problem for caution in cautions("guns", collect((one, 1) for one in ware))]
    ["has 20 positives of 1 text: 'gun'"]
    """
    positives = [rows.listings[i] for i in np.flatnonzero(rows.y)]
    negatives = [rows.listings[i] for i in np.flatnonzero(~rows.y)]
    if not positives:
        return ()
    field = f"label:{topic}"
    return (
        *_one_text(field, positives),
        *_one_seller(field, positives),
        *_one_language(field, positives, negatives),
    )


def _one_text(field: str, positives: Sequence[Listing]) -> Iterable[FieldProblem]:
    texts = canonicalise([listing.text for listing in positives])
    counts = Counter(texts.text(i) for i in range(len(positives)))
    unreadable = sum(n for text, n in counts.items() if not any(c.isalnum() for c in text))
    if unreadable > len(positives) / 2:
        problem = f"has {unreadable} of {len(positives)} positives without a letter or digit"
        yield FieldProblem(field, problem, "label violations that words give away")
    elif len(counts) < min(FEWEST_TEXTS, len(positives)):
        kinds = f"{len(counts)} text{'s' if len(counts) > 1 else ''}"
        problem = f"has {len(positives)} positives of {kinds}: {counts.most_common(1)[0][0][:40]!r}"
        yield FieldProblem(
            field, problem, "the model learns these words alone; label violations that read unlike"
        )


def _one_seller(field: str, positives: Sequence[Listing]) -> Iterable[FieldProblem]:
    ((_, most),) = Counter(listing.seller_id for listing in positives).most_common(1)
    if MOST * len(positives) < most < len(positives):
        problem = f"has {most} of {len(positives)} positives by 1 seller"
        remedy = "the model learns how this seller writes; label violations of others"
        yield FieldProblem(field, problem, remedy)


def _one_language(
    field: str, positives: Sequence[Listing], negatives: Sequence[Listing]
) -> Iterable[FieldProblem]:
    tagged = all(listing.language for listing in (*positives, *negatives))
    known, others = (
        Counter(language for listing in _some(side) if (language := _language(listing, tagged)))
        for side in (positives, negatives)
    )
    if len(known) != 1 or not others:
        return
    (language,) = known
    share = others[language] / others.total()
    if share < FEW:
        problem = f"has positives in {language} alone, as are {share:.0%} of the negatives"
        remedy = f"the model may learn the language; label what is allowed in {language}, too"
        yield FieldProblem(field, problem, remedy)
    elif share < MOST:
        problem = f"has positives in {language} alone, as are not {1 - share:.0%} of the negatives"
        yield FieldProblem(field, problem, "label violations in the other languages, too")


def _some(listings: Sequence[Listing]) -> Sequence[Listing]:
    """Take every n-th, so that at most some thousands are read."""
    return listings[:: max(1, len(listings) // MOST_READ)]


def _language(listing: Listing, tagged: bool) -> str:
    """Give a listing's language where all have one, else the script of its letters."""
    if tagged and listing.language:
        return listing.language.split("-")[0].lower()
    scripts = Counter(_script(char) for char in listing.text[:500] if char.isalpha())
    return scripts.most_common(1)[0][0] if scripts else ""


@functools.lru_cache(20_000)
def _script(char: str) -> str:
    """Name a letter's script.

    Examples
    --------
    >>> [_script(char) for char in "aｂя銃か총"]
    ['Latin', 'Latin', 'Cyrillic', 'Japanese or Chinese', 'Japanese or Chinese', 'Hangul']
    """
    first = next(word for word in unicodedata.name(char, "LATIN").split(" ") if word not in _WIDTHS)
    return _TOGETHER.get(first, first.capitalize())
