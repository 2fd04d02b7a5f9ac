"""A model trained again from what its lineage says, with the data set that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.rows import in_order
from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import Settings, snapshot, train
from mimawari.detectors.golden import GOLDEN, add_golden
from mimawari.detectors.loading import load_model
from mimawari.detectors.sealed import MANIFEST, read_manifest, refuse
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.snapshot import Snapshot
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.datasets.rows import LabelledVersion


def data_set_of(model: Path) -> str:
    """Give the version of the data set that a model's lineage names.

    Raises
    ------
    InvalidInputError
        It names none, or the model's kind cannot be trained from its lineage alone.
    """
    manifest, _ = read_manifest(model)
    if manifest.kind != artifact.KIND:
        problem = f"is of a {manifest.kind!r} model, whose lineage does not name all it needs"
        raise refuse(model / MANIFEST, problem, "train it by the command that it was trained with")
    lineage = Lineage.of(manifest.lineage)
    if lineage.data_set is None or lineage.settings is None:
        remedy = "train it with --data-set"
        raise refuse(model / MANIFEST, "names no data set in its lineage", remedy)
    return lineage.data_set


def train_again(model: Path, rows: list[LabelledVersion], folder: Path) -> str:
    """Train a model like another one, from its manifest and its data set's rows alone.

    Gives the version. It is the same as the other's where lineage and code are.

    Raises
    ------
    InvalidInputError
        These are not the rows that it was trained on.
    """
    data_set_of(model)
    manifest, _ = read_manifest(model)
    lineage = Lineage.of(manifest.lineage)
    labelled = collect(Snapshot(in_order(rows)).labelled(manifest.topic))
    if lineage.data is not None and snapshot(labelled) != lineage.data:
        remedy = "give the rows of the data set that its lineage names"
        raise InvalidInputError(FieldProblem(manifest.topic, "was learnt from other rows", remedy))
    settings = msgspec.convert(lineage.settings, Settings)
    version = artifact.save(
        train(labelled, manifest.topic, settings, lineage=_told(lineage)), folder
    )
    return add_golden(folder, load_model(folder)) if GOLDEN in manifest.files else version


def _told(lineage: Lineage) -> Lineage:
    """Give the facts that a training cannot know by itself."""
    names = ("by", "at", "labels_until", "data_set", "flow_run", "chosen", "notes")
    return Lineage(**{name: getattr(lineage, name) for name in names})
