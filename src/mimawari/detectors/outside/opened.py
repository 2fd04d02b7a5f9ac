"""A detector of others while it is asked: its answers are looked at, each listing by itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.outside import messages
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.base import Detector
    from mimawari.detectors.outside.kind import DetectorKind

# Whether a detector or a listing is at fault is seen by a listing that is like any other.
ORDINARY = Listing(
    id="-", version=1, seller_id="-", title="a new cup, カップ 新品", description="-"
)


class OpenedKind:
    """A loaded detector and its kind."""

    def __init__(self, kind: DetectorKind, detector: Detector) -> None:
        self._kind = kind
        self._detector = detector

    def introduced(self) -> messages.Opened:
        """Say what it scores, with its examples; scores once, which loads what is loaded then."""
        with suppress(BaseException):  # a fault is told with the first scores
            self._scores([ORDINARY])
        return messages.Opened(
            topics=tuple(self._detector.topics),
            fingerprint=self._kind.fingerprint,
            examples=tuple(
                messages.OutsideExample(example.listing, tuple(sorted(example.violates)))
                for example in self._detector.get_examples()
            ),
        )

    def answer(self, request: messages.Score | messages.Explain) -> messages.Answer:
        """Score or explain."""
        if isinstance(request, messages.Explain):
            return self._explained(request)
        try:
            return messages.Scored(self._scores(request.listings).tobytes())
        except BaseException:  # whichever listing did it
            return self._without_spoilers(request.listings)

    def _scores(self, listings: Sequence[Listing]) -> NDArray[np.float32]:
        """Score, and refuse what is no scores."""
        scores = self._detector.score(ListingBatch.of(listings))
        if not isinstance(scores, np.ndarray):
            raise TypeError(f"the scores are of type {type(scores).__name__}, not an array")
        if scores.dtype != np.float32:
            raise TypeError(f"the scores are {scores.dtype}, not float32")
        if scores.shape != (len(listings), 1):
            raise ValueError(f"the scores have shape {scores.shape}, not {(len(listings), 1)}")
        if np.isinf(scores).any():
            raise ValueError("a score is infinite")
        if ((scores < 0) | (scores > 1)).any():
            raise ValueError("a score is outside of 0 to 1")
        if np.isnan(scores).any() and not self._kind.abstains:
            raise ValueError("a score is NaN, and the kind does not abstain")
        return scores.astype("<f4")

    def _without_spoilers(self, listings: Sequence[Listing]) -> messages.Answer:
        """Leave out the listings that spoil the answer; a fault where any listing would.

        What sellers write must not take a detector away from others.
        """
        try:
            self._scores([ORDINARY])
        except BaseException as error:
            return messages.Fault(messages.one_line(error))
        reasons: list[str] = []
        scores = self._halved(listings, reasons)
        return messages.Scored(scores.tobytes(), len(reasons), reasons[0] if reasons else "")

    def _halved(self, listings: Sequence[Listing], reasons: list[str]) -> NDArray[np.float32]:
        try:
            return self._scores(listings)
        except BaseException as error:
            if len(listings) == 1:
                reasons.append(messages.one_line(error))
                return np.full((1, 1), np.nan, "<f4")
        middle = len(listings) // 2
        halves = (listings[:middle], listings[middle:])
        return np.concatenate([self._halved(half, reasons) for half in halves])

    def _explained(self, request: messages.Explain) -> messages.Explained:
        """Explain; a fault of that says nothing against the scores."""
        try:
            return self._explanation(request)
        except BaseException as error:
            return messages.Explained(reason=messages.one_line(error))

    def _explanation(self, request: messages.Explain) -> messages.Explained:
        batch = ListingBatch.of([request.listing])
        explanation = self._detector.explain(batch, 0, request.topic)
        return messages.Explained(
            tuple(
                messages.OutsideSpan(span.start, span.end, float(span.weight), span.source)
                for span in explanation.spans
            ),
            tuple(
                messages.OutsideFeature(feature.name, float(feature.value), float(feature.weight))
                for feature in explanation.features
            ),
            tuple(explanation.rules),
        )
