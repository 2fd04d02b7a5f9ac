"""What every detector promises, as checks that any detector can be put through.

Write a detector, call `check_detector` in its tests, and it fits wherever detectors go.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.base import Detector
from mimawari.detectors.suite import Suite
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.base import Example

    Scored = Detector | Suite

HOSTILE = (
    "",
    " \n\t ",
    "\x00\x01\x7f",
    "\ud800 half a surrogate pair",
    "\u202eright to left\u202c \u200b\u200d\ufeff",
    "Z̷̛͔a̶l̴g̵o̸" + "\u0301" * 400,
    "👩‍👩‍👧‍👦🔫🇯🇵",
    "a" * 20_000,
    "﷽" * 500,
    "ｶﾞｷﾞｸﾞ株式会社㍿",
    "<script>alert(1)</script> %s {0} ' OR 1=1 --",
)
# Sums in another order may differ in the last bits of float32.
CLOSE = 1e-6


class ConformanceError(AssertionError):
    """A detector broke a promise; the message says which, and where."""


def _need(holds: bool, promise: str) -> None:
    if not holds:
        raise ConformanceError(promise)


def _scores(detector: Scored, listings: Sequence[Listing]) -> NDArray[np.float32]:
    """Score listings; a suite's scores are those of its topics."""
    batch = ListingBatch.of(listings)
    scores = detector.score(batch).score if isinstance(detector, Suite) else detector.score(batch)
    _need(isinstance(scores, np.ndarray), "score gives an array")
    _need(scores.dtype == np.float32, f"scores are float32, not {scores.dtype}")
    shape = (len(listings), len(detector.topics))
    _need(
        scores.shape == shape, f"scores have shape (listings, topics): {scores.shape}, not {shape}"
    )
    return scores


def _same(actual: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    return np.allclose(actual, expected, rtol=0, atol=CLOSE, equal_nan=True)


def check_identity(detector: Scored, listings: Sequence[Listing]) -> None:
    """Topics are distinct names, the version is a name, neither changes by scoring."""
    topics, version = detector.topics, detector.version
    _need(isinstance(topics, tuple), "topics are a tuple")
    _need(len(set(topics)) == len(topics), "topics are distinct")
    _need(bool(version) and isinstance(version, str), "the version is a name")
    _scores(detector, listings)
    _need((detector.topics, detector.version) == (topics, version), "scoring changes no name")


def check_range(detector: Scored, listings: Sequence[Listing]) -> None:
    """Scores are probabilities or NaN; no listing gives an array without rows."""
    scores = _scores(detector, listings)
    known = scores[~np.isnan(scores)]
    _need(bool(((known >= 0) & (known <= 1)).all()), "scores are from 0 to 1, or NaN")
    _need(len(_scores(detector, [])) == 0, "an empty batch gives no scores")


def check_invariance(detector: Scored, listings: Sequence[Listing]) -> None:
    """Check that a listing's score depends on nothing but the listing."""
    whole = _scores(detector, listings)
    _need(np.array_equal(_scores(detector, listings), whole, equal_nan=True),
          "the same batch twice gives the same scores")  # fmt: skip
    order = np.random.default_rng(0).permutation(len(listings))
    mixed = _scores(detector, [listings[i] for i in order])
    _need(_same(mixed, whole[order]), "the order of a batch changes no score")
    for start in range(0, len(listings), max(1, len(listings) // 5)):
        alone = _scores(detector, listings[start : start + 1])
        _need(_same(alone, whole[start : start + 1]),
              f"listing {start} alone scores as in the batch")  # fmt: skip
    renamed = [msgspec.structs.replace(listing, id=f"other-{listing.id}") for listing in listings]
    _need(_same(_scores(detector, renamed), whole), "the listing's id changes no score")


def check_hostile(detector: Scored, listings: Sequence[Listing]) -> None:
    """No text stops a detector, nor changes the scores beside it."""
    bad = [
        Listing(id="", version=1, seller_id="s", title=title, description=description)
        for text in HOSTILE
        for title, description in ((text, ""), ("t", text))
    ]
    whole = _scores(detector, [*bad, *listings])
    _need(_same(whole[len(bad) :], _scores(detector, listings)), "hostile texts change no other's")
    for row, listing in enumerate(bad):
        _explained(detector, listing, 0)
        _need(_same(_scores(detector, [listing]), whole[row : row + 1]),
              f"hostile text {listing.text[:20]!r} alone scores as in the batch")  # fmt: skip


def _explained(detector: Scored, listing: Listing, most: int = 1000) -> None:
    batch = ListingBatch.of([listing])
    for topic in detector.topics[: most or 1]:
        explanation = detector.explain(batch, 0, topic)
        for span in explanation.spans:
            inside = 0 <= span.start <= span.end <= len(listing.text)
            _need(inside, f"{topic}: span {span.start}-{span.end} lies inside of the text")
            _need(np.isfinite(span.weight), f"{topic}: a span's weight is a number")
        weights = [feature.weight for feature in explanation.features]
        _need(bool(np.isfinite(weights).all()), f"{topic}: a feature's weight is a number")


def check_explanations(detector: Scored, listings: Sequence[Listing]) -> None:
    """Spans lie inside of the original text; weights are numbers."""
    for listing in listings[:20]:
        _explained(detector, listing)


def check_examples(detector: Scored, _: Sequence[Listing]) -> None:
    """Examples score for the topics that they name, and higher than those that do not."""
    examples: Sequence[Example] = detector.get_examples()
    scores = _scores(detector, [example.listing for example in examples])
    for column, topic in enumerate(detector.topics):
        named = np.array([topic in example.violates for example in examples], np.bool_)
        inside, outside = scores[named, column], scores[~named, column]
        _need(not np.isnan(inside).any(), f"{topic}: its own examples have a score")
        silent = [example for example in examples if not example.violates]
        ordinary = scores[[not e.violates for e in examples], column] if silent else outside[:0]
        if len(inside) and not np.isnan(ordinary).all():
            _need(inside.min() > np.nanmax(ordinary), f"{topic}: examples score over ordinary ones")
        _need(not set().union(*(e.violates for e in examples)) - set(detector.topics),
              "examples name topics of the detector")  # fmt: skip


def check_threads(detector: Scored, listings: Sequence[Listing]) -> None:
    """Threads may share a detector."""
    expected = _scores(detector, listings)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: _scores(detector, listings), range(8)):
            _need(_same(scores, expected), "threads that share a detector get the same scores")


CHECKS: tuple[Callable[[Scored, Sequence[Listing]], None], ...] = (
    check_identity,
    check_range,
    check_invariance,
    check_hostile,
    check_explanations,
    check_examples,
    check_threads,
)


def check_detector(detector: Scored, listings: Sequence[Listing]) -> None:
    """Put a detector through every check.

    Parameters
    ----------
    listings
        At least two, such as the detector will meet.

    Raises
    ------
    ConformanceError
        It broke a promise.

    Examples
    --------
    >>> listing = Listing(id="1", version=1, seller_id="s", title="cup")
    >>> check_detector(Suite(None), [listing, listing])
    """
    _need(isinstance(detector, Detector), "the detector has all methods of the protocol")
    _need(len(listings) > 1, "give two listings or more to check with")
    for check in CHECKS:
        check(detector, listings)
