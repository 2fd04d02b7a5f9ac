"""What a run has of a topic so far, verified by hashes: nothing is loaded that scores."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.detectors import sealed
from mimawari.errors import InvalidInputError
from mimawari.flows.records import TrainedModel

if TYPE_CHECKING:
    from mimawari.flows.run_folder import RunFolder
    from mimawari.records.lineage import Lineage

T = TypeVar("T", bound=msgspec.Struct)
TRAINED, AUDIT = "trained.json", "audit.json"


def noted(run: RunFolder, topic: str, name: str, kind: type[T]) -> T | None:
    """Read what was noted of a topic; None where nothing was."""
    path = f"topics/{topic}/{name}"
    return run.read(path, kind) if (run.path / path).exists() else None


def note_model(run: RunFolder, topic: str, version: str, lineage: Lineage) -> None:
    """Note a model of elsewhere that was put into the run's folder."""
    manifest = (run.model(topic) / sealed.MANIFEST).read_bytes()
    trained = TrainedModel(
        topic=topic,
        model=version,
        manifest=hashlib.sha256(manifest).hexdigest(),
        rows=lineage.rows or 0,
        positives=lineage.positives or 0,
    )
    run.write(f"topics/{topic}/{TRAINED}", trained)


def trained_before(run: RunFolder, topic: str) -> TrainedModel | None:
    """Give a model that the run trained, where it is there and unchanged."""
    trained = noted(run, topic, TRAINED, TrainedModel)
    if trained is None:
        return None
    folder = run.model(topic)
    try:
        sealed.read(folder, sealed.read_manifest(folder)[0].kind, trained.model)
    except InvalidInputError:
        return None  # a changed byte: it is trained again
    return trained
