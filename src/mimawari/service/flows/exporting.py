"""The folder of a run, written from what the database has; flows read nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from mimawari.detectors.loading import load_model
from mimawari.flows.run_folder import RunFolder
from mimawari.flows.trained import note_model
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import TopicFileVersion
from mimawari.service.data_sets.reading import artifact_name, by_version, require_rows
from mimawari.service.flows import history_export
from mimawari.service.releases.generations import topics_in_force

if TYPE_CHECKING:
    from mimawari.detectors.loading import Model
    from mimawari.service.flows.models import FlowRun


def root() -> Path:
    """Give the folder of all runs of this host: Metaflow's working directory."""
    return (Path(settings.CONFIG.state_dir) / "flows").absolute()


def folder_of(run: FlowRun) -> RunFolder:
    """Give a run's own folder."""
    return RunFolder(root() / "runs" / run.pk)


def export(run: FlowRun) -> RunFolder:
    """Write what a run reads; what is there already stays as it was.

    Raises
    ------
    InvalidInputError
        The rows of the data set were removed, a day has other files by now, or a model is not kept.
    """
    folder, request = folder_of(run), run.request
    place = ""
    if request.data_set:
        stored = by_version(request.data_set)
        require_rows(stored)
        place = str(artifacts().folder(artifact_name(stored.pk)))
    for topic in request.topics:
        _write_rules(folder, topic)
        if topic in request.models and not folder.model(topic).exists():
            _write_model(folder, topic, request.models[topic])
        if topic in request.served.champions and not folder.champion(topic).exists():
            _copy(folder, folder.champion(topic), request.served.champions[topic])
    if request.days:
        history_export.write_days(folder, request)
        history_export.write_labels(folder, request)
    folder.write("request.json", msgspec.structs.replace(request, folder=place))
    return folder


def _write_rules(folder: RunFolder, topic: str) -> None:
    entry = topics_in_force().get(topic)
    if entry is None or folder.rules(topic) is not None:
        return
    stored = TopicFileVersion.objects.get(topic=topic, version=entry.topic_file)
    folder.write_text(f"topics/{topic}/rules.{stored.format}", stored.text)


def _write_model(folder: RunFolder, topic: str, version: str) -> None:
    model = _copy(folder, folder.model(topic), version)
    note_model(folder, topic, model.version, model.lineage)


def _copy(folder: RunFolder, to: Path, version: str) -> Model:
    """Copy a registered model once it is found to be whole."""
    kept = artifacts().folder(f"models/{version}")
    model = load_model(kept, version)
    folder.write_folder(to, lambda place: shutil.copytree(kept, place))
    return model
