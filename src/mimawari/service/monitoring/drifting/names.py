"""Of which shares a listing is: its inputs, and for each topic the bands of its scores."""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.drift.streams import input_names
from mimawari.listings.listing import Listing
from mimawari.service.intake.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.records.manifest import Manifest
    from mimawari.service.scoring.models import Score

INPUTS = "inputs"
COMPETES, MODEL = "what competes", "model "
NO_SCORE = "no score"
EDGES = (0.01, 0.1, 0.5)
NAMES = ("under .01", ".01 to .1", ".1 to .5", ".5 and more")
BANDS = (*NAMES, NO_SCORE)
_decode = msgspec.json.Decoder(Listing).decode


def scores_of(topic: str) -> str:
    """Name the watch of a topic's scores."""
    return f"scores {topic}"


def names_of(
    payload: str, state: int, score: Score | None, manifests: Mapping[int, Manifest]
) -> dict[str, dict[str, str]]:
    """Give by watch the name of each kind; nothing of what was erased or cannot be read."""
    if state == State.ERASED:
        return {}
    try:
        names = {INPUTS: input_names(_decode(payload))}
    except msgspec.DecodeError:
        return {}
    if score is not None:
        names |= _bands(score, manifests[score.generation_id])
    return names


def _bands(score: Score, manifest: Manifest) -> dict[str, dict[str, str]]:
    competing = np.frombuffer(bytes(score.scores), "<f4").tolist()
    of_models = np.frombuffer(bytes(score.model_scores), "<f4").tolist()
    names: dict[str, dict[str, str]] = {}
    for topic, value in zip(manifest.topic_order, competing, strict=True):
        # Where there is no model, most listings have no score: no rule hit them.
        names[scores_of(topic)] = {COMPETES: band(value)}
    for (topic, deployment), value in zip(manifest.columns, of_models, strict=True):
        names[scores_of(topic)][MODEL + deployment.model] = band(value)
    return names


def band(score: float) -> str:
    """Give the band of a score.

    Examples
    --------
    >>> band(0.005), band(0.1), band(0.7), band(math.nan)
    ('under .01', '.1 to .5', '.5 and more', 'no score')
    """
    return NO_SCORE if math.isnan(score) else NAMES[bisect.bisect_right(EDGES, score)]
