"""A topic's model from a data set, once a run however often the run is resumed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.loading import load_model
from mimawari.detectors.sealed import MANIFEST
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.prepare import Beside, prepare, settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.train import kinds_of, signed, train
from mimawari.flows.records import TrainedModel
from mimawari.flows.trained import TRAINED, trained_before
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.loading import Model
    from mimawari.evaluation.choosing.task import Task
    from mimawari.flows.records import Request
    from mimawari.flows.run_folder import RunFolder
    from mimawari.flows.snapshot import Snapshot
    from mimawari.records.lineage import Lineage


def train_topic(run: RunFolder, request: Request, snapshot: Snapshot, topic: str) -> TrainedModel:
    """Train a topic's model into the run's folder, and say what it is.

    What the run trained before is verified and given again: nothing is trained twice.

    Raises
    ------
    InvalidInputError
        There are too few labels, or the rules do and no model is to be trained.
    """
    known = trained_before(run, topic)
    if known is not None:
        return known
    task = task_of(run, request, snapshot, topic, kinds_of(request.settings.algorithm))
    contest, lineage = Contest(task), lineage_of(request)
    settings = request.settings

    def fill(folder: Path) -> None:
        if not train(contest, settings.algorithm, lineage, folder, settings.capacity):
            remedy = "--algorithm gbdt trains a model all the same"
            raise InvalidInputError(FieldProblem(topic, "needs no model: its rules do", remedy))

    run.write_folder(run.model(topic), fill)
    return _noted(run, topic, load_model(run.model(topic)), task)


def task_of(
    run: RunFolder, request: Request, snapshot: Snapshot, topic: str, kinds: Sequence[str]
) -> Task:
    """Gather what a topic's models of these kinds are trained from."""
    asked = request.settings
    rows = collect(snapshot.labelled(topic))
    settings = settings_of(asked.least, asked.folds, asked.augment, asked.hidden)
    sentences = Path(request.sentences) if request.sentences else None
    beside = Beside(rules=run.rules(topic), sentences=sentences)
    return prepare(topic, rows, snapshot, kinds, settings, beside)


def lineage_of(request: Request) -> Lineage:
    """Say who trains, when, on which data set, in which run."""
    signature = signed(request.by, request.at, None, from_file=True)
    return msgspec.structs.replace(signature, data_set=request.data_set, flow_run=request.run)


def scores_hash(model: Model, rows: Rows) -> str:
    """Hash a model's scores of rows: the same bits are the same scores."""
    return hashlib.sha256(model.score(ListingBatch.of(rows.listings)).tobytes()).hexdigest()


def _noted(run: RunFolder, topic: str, model: Model, task: Task) -> TrainedModel:
    manifest = (run.model(topic) / MANIFEST).read_bytes()
    trained = TrainedModel(
        topic=topic,
        model=model.version,
        manifest=hashlib.sha256(manifest).hexdigest(),
        rows=len(task.rows.y),
        positives=int(task.rows.y.sum()),
        scores=scores_hash(model, task.rows),
        remarks=task.trained.of_whole(),
    )
    run.write(f"topics/{topic}/{TRAINED}", trained)
    return trained
