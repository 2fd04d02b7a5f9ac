"""A model handed over to MLflow: a run with its folder, figures and lineage.

The sealed folder goes there as it is, with an ``MLmodel`` that names a flavor of our own and no
`python_function`: nothing there is a pickle or runs code, so MLflow lists the model and does not
serve it. Our loader reads what is downloaded.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import yaml
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.cards import as_cyclonedx, card_markdown
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.releases.attesting import require_whole
from mimawari.service.releases.cards import card_of
from mimawari.service.releases.event_kinds import EXPORT, ExportDetails

if TYPE_CHECKING:
    from mimawari.evaluation.cards import ModelCard
    from mimawari.records.principal import Principal

MOST_VALUE = 500
SEALED = "sealed"
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """The run, and whether it was there before."""

    run: str
    existed: bool


def export_to_mlflow(version: str, tracking: str, actor: Principal) -> MlflowRun:
    """Log a registered model to a tracking server, once; with an event.

    Raises
    ------
    InvalidInputError
        MLflow is not installed, the folder is damaged, or the server does not take it.
    """
    card = card_of(version)
    require(actor, Permission.MODELS, card.topic)
    folder = artifacts().folder(f"models/{version}")
    require_whole(version, folder)
    client = _mlflow()
    try:
        run, existed = _logged(client(tracking_uri=tracking), card, folder)
    except Exception as error:  # each store behind it has errors of its own
        problem = f"does not take it: {type(error).__name__}: {str(error)[:200]}"
        remedy = "see that the server answers and may be written; then repeat the command"
        raise InvalidInputError(FieldProblem("tracking", problem, remedy)) from error
    if not existed:
        details = ExportDetails(card.topic, "mlflow", _without_secrets(tracking), run)
        with transaction.atomic():
            record(EXPORT, version, actor, details)
    return MlflowRun(run, existed)


def _mlflow() -> Any:  # noqa: ANN401  # MLflow's types are not checked here
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        problem, remedy = "is not installed", "pip install 'mimawari[mlflow]'"
        raise InvalidInputError(FieldProblem("mlflow", problem, remedy)) from error
    return MlflowClient


def _logged(client: Any, card: ModelCard, folder: Path) -> tuple[str, bool]:  # noqa: ANN401
    """Log once: a run that was broken off has not finished, and counts for nothing."""
    name = f"mimawari/{card.topic}"
    known = client.get_experiment_by_name(name)
    experiment = known.experiment_id if known else client.create_experiment(name)
    wanted = f"tags.`mimawari.version` = '{card.version}' and attributes.status = 'FINISHED'"
    for run in client.search_runs([experiment], wanted, max_results=1):
        return str(run.info.run_id), True
    run = client.create_run(experiment, run_name=card.version, tags=_tags(card))
    number = str(run.info.run_id)
    try:
        for key, value in _params(card).items():
            client.log_param(number, key, value)
        for key, figure in _metrics(card).items():
            client.log_metric(number, key, figure)
        _log_files(client, number, card, folder)
    except BaseException:
        client.set_terminated(number, "FAILED")
        raise
    client.set_terminated(number)
    return number, False


def _log_files(client: Any, run: str, card: ModelCard, folder: Path) -> None:  # noqa: ANN401
    flavor = {"version": card.version, "kind": card.kind, "data": SEALED, "digest": card.digest}
    mlmodel = {"artifact_path": "model", "run_id": run, "flavors": {"mimawari": flavor}}
    bill = msgspec.json.format(msgspec.json.encode(as_cyclonedx(card)))
    texts = {
        "model/MLmodel": yaml.safe_dump(mlmodel, sort_keys=False).encode(),
        "card.md": card_markdown(card).encode(),
        "card.cyclonedx.json": bill,
    }
    client.log_artifacts(run, str(folder), f"model/{SEALED}")
    with TemporaryDirectory() as place:
        for name, text in texts.items():
            path = Path(place) / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text)
        client.log_artifacts(run, place)


def _tags(card: ModelCard) -> dict[str, str]:
    tags = {
        "mimawari.version": card.version,
        "mimawari.topic": card.topic,
        "mimawari.kind": card.kind,
        "mimawari.digest": card.digest,
        "mimawari.fingerprint": card.fingerprint,
        "mimawari.stages": ", ".join(card.stages),
        "mimawari.data_set": card.data.version,
    }
    return {name: value for name, value in tags.items() if value}


def _params(card: ModelCard) -> dict[str, str]:
    """Give the lineage; what is structured as JSON, shortened where MLflow would refuse it."""
    return {
        name: (value if isinstance(value, str) else msgspec.json.encode(value).decode())[
            :MOST_VALUE
        ]
        for name, value in card.lineage.items()
    }


def _metrics(card: ModelCard) -> dict[str, float]:
    metrics = {}
    for known in card.figures:
        figure = known.figure
        metrics[figure.measure] = figure.value
        if figure.low is not None and figure.high is not None:
            metrics |= {f"{figure.measure}_low": figure.low, f"{figure.measure}_high": figure.high}
    return metrics


def _without_secrets(tracking: str) -> str:
    """Leave user and password out of an address."""
    netloc = urlsplit(tracking).netloc
    bare = tracking.replace(netloc, netloc.rpartition("@")[2], 1) if "@" in netloc else tracking
    return bare.partition("?")[0]
