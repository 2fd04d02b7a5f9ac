"""Of which shares a listing is: its inputs, and for each topic the bands of its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.drift.bands import COMPETES, INPUTS, MODEL, band, scores_of
from mimawari.evaluation.drift.streams import input_names
from mimawari.listings.listing import Listing
from mimawari.service.intake.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.records.manifest import Manifest
    from mimawari.service.scoring.models import Score

_decode = msgspec.json.Decoder(Listing).decode


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
