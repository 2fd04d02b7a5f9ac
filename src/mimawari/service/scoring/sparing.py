"""Listings of trusted and exempt sellers: which of their scores alert nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.service.catalogue.standings import Sparing, standings_of
from mimawari.service.scoring.candidates import best_of_any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.records.manifest import Manifest
    from mimawari.records.scored import ScoredBatch


def spared(
    batch: ScoredBatch, sellers: Sequence[str], manifest: Manifest, now: datetime
) -> NDArray[np.bool_]:
    """Say which rows of a batch are no candidates for their score, shape (n, t).

    Parameters
    ----------
    sellers
        Of the rows, in their order.
    """
    mask = np.zeros(batch.scores.shape, np.bool_)
    standings = standings_of(sellers)
    if not standings:
        return mask
    for column, topic in enumerate(batch.topics):
        entry = manifest.topics[topic]
        scores = batch.scores[:, column]
        if entry.trial:
            scores = best_of_any(batch, manifest, topic)
        mask[:, column] = Sparing.of(topic, entry, standings, now).mask(sellers, scores)
    return mask
