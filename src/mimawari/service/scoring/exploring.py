"""The exploration slice of a batch: what chance chooses, and how likely that was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.alerts.exploration import chances, probabilities, slice_size, temper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mimawari.alerts.exploration import Volume
    from mimawari.records.manifest import Manifest
    from mimawari.records.scored import ScoredBatch

# Of a topic on trial anything may be missed, whatever its score.
NO_FLOOR = float("inf")


class Draw(msgspec.Struct, frozen=True):
    """A row of a batch that chance chose for a topic, and with which probability."""

    row: int
    topic: str
    probability: float


def tempered_scores(
    batch: ScoredBatch, manifest: Manifest, floors: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    """Give the weights of the weighted part of exploration, by topic, shape (n,).

    They may come from scores whose trees were not asked: any weight will do, as the probability
    that follows from it is kept. What is drawn is scored again with its trees.
    """
    return {
        topic: temper(
            batch.scores[:, column], NO_FLOOR if manifest.topics[topic].trial else floors[topic]
        )
        for column, topic in enumerate(batch.topics)
    }


def draw(
    batch: ScoredBatch,
    manifest: Manifest,
    tempered: Mapping[str, NDArray[np.float64]],
    volumes: Mapping[str, Volume],
    share: float,
    secret: bytes,
) -> list[Draw]:
    """Draw the explored rows of a batch, by a keyed hash of topic and listing version.

    Parameters
    ----------
    share
        Part of a topic's capacity that is spent on exploration.
    """
    draws = []
    for column, topic in enumerate(batch.topics):
        size = slice_size(manifest.topics[topic].capacity, share)
        if size <= 0:
            continue
        probability = probabilities(tempered[topic], size, volumes[topic])
        drawn = chances(secret, f"explore {topic}", batch.ids) < probability
        if batch.outside is not None:
            drawn &= ~batch.outside[:, column]
        chosen = np.flatnonzero(drawn)
        draws += [Draw(row, topic, float(probability[row])) for row in chosen.tolist()]
    return draws
