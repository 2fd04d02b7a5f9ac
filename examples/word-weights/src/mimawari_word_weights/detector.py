"""Each word has a weight; a score is what the weights of a listing's words add up to."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.base import Example, Explanation, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.listings.batch import ListingBatch

WORD = re.compile(r"\w+")
MOST_LOG_ODDS = 20.0


class WordWeights:
    """Scores one topic by the words of a listing's folded text, each once."""

    def __init__(
        self, topic: str, version: str, weights: Mapping[str, float], intercept: float
    ) -> None:
        self.topics = (topic,)
        self.version = version
        self._weights = dict(weights)
        self._intercept = intercept

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give probabilities, shape (n, 1)."""
        rows = [[self._probability(batch.texts.text(row))] for row in range(len(batch))]
        return np.array(rows, np.float32).reshape(len(batch), 1)

    def _probability(self, text: str) -> float:
        known = sorted(set(WORD.findall(text)) & self._weights.keys())
        log_odds = self._intercept + math.fsum(self._weights[word] for word in known)
        return 1 / (1 + math.exp(-max(-MOST_LOG_ODDS, min(MOST_LOG_ODDS, log_odds))))

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Show the words that have a weight, where they stand in the original text."""
        return Explanation(spans=tuple(self._spans(batch, row)) if topic in self.topics else ())

    def _spans(self, batch: ListingBatch, row: int) -> Iterator[Span]:
        for found in WORD.finditer(batch.texts.text(row)):
            weight = self._weights.get(found[0])
            if weight is not None:
                start, end = batch.texts.span(row, *found.span())
                yield Span(start, end, weight, "word")

    def get_examples(self) -> Sequence[Example]:
        """Give none: what it learnt from is the user's, and stays out of the folder."""
        return ()
