"""Whether a registered model is what its lineage says: trained again, and compared."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.conf import settings

from mimawari.detectors.loading import load_model
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.again import data_set_of, train_again
from mimawari.listings.batch import ListingBatch
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.data_sets.reading import by_version, rows_of

if TYPE_CHECKING:
    from mimawari.records.principal import Principal


class Reproduction(msgspec.Struct, frozen=True, kw_only=True):
    """A model trained again.

    Parameters
    ----------
    data_set
        From which both learnt.
    again
        Its version: the other's where code and lineage are the same.
    listings
        That both scored: those of the data set.
    differing, largest
        Scores that are not the same bits, and by how much at most.
    """

    model: str
    data_set: str
    again: str
    listings: int
    differing: int
    largest: float


def reproduce(version: str, actor: Principal) -> Reproduction:
    """Train a registered model again from its lineage and data set alone, and compare scores.

    Raises
    ------
    InvalidInputError
        It is not registered, its lineage names no data set, or that one's rows are gone or others.
    ForbiddenError
        The actor may not manage models of the topic.
    """
    stored = ModelVersion.objects.filter(pk=version).first()
    if stored is None:
        remedy = "see 'mimawari models list'"
        raise InvalidInputError(FieldProblem("model", f"{version!r} is not registered", remedy))
    require(actor, Permission.MODELS, stored.topic)
    kept = artifacts().folder(f"models/{version}")
    model = load_model(kept, version)
    data_set = data_set_of(kept)
    rows = rows_of(by_version(data_set))
    batch = ListingBatch.of([row.listing for row in rows])
    state = Path(settings.CONFIG.state_dir)
    with tempfile.TemporaryDirectory(dir=state, prefix="again-") as place:
        folder = Path(place, "model")
        again = load_model(folder, train_again(kept, rows, folder))
        before, after = model.score(batch), again.score(batch)
    return Reproduction(
        model=version,
        data_set=data_set,
        again=again.version,
        listings=len(rows),
        differing=int((before != after).sum()),
        largest=float(np.abs(before - after).max()),
    )
