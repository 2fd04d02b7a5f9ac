"""Topic files and models enter the catalogue, each version once, with its event."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils import timezone

from mimawari.detectors.composition import composition_of
from mimawari.detectors.loading import load_model
from mimawari.detectors.parts import parts_of
from mimawari.errors import InvalidInputError
from mimawari.service.audit.record import record
from mimawari.service.catalogue import event_kinds
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion, TopicFileVersion
from mimawari.service.catalogue.parts import note_parts

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.detectors.loading import Model
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.principal import Principal


def store_topic_file(path: Path, topic: TopicFile, actor: Principal) -> TopicFileVersion:
    """Keep a topic file's text as the topic's next version; the last one where it is the same."""
    text = path.read_text("utf-8")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    last = TopicFileVersion.objects.filter(topic=topic.topic).order_by("-version").first()
    if last is not None and last.sha256 == sha256:
        return last
    stored = TopicFileVersion.objects.create(
        topic=topic.topic,
        version=last.version + 1 if last else 1,
        format="toml" if path.suffix == ".toml" else "yaml",
        text=text,
        sha256=sha256,
        created_at=timezone.now(),
        actor=actor.name,
    )
    details = event_kinds.topic_file_details(stored)
    record(event_kinds.TOPIC_FILE, event_kinds.topic_file_subject(stored), actor, details)
    return stored


def register_model(model: Model, path: Path, actor: Principal) -> None:
    """Copy a verified model's folder into the artifact store, and note its version."""
    name = f"models/{model.version}"
    store = artifacts()
    store.put(path, name)
    try:
        load_model(store.folder(name), model.version)
    except InvalidInputError:  # its copy was damaged: this one was just verified
        store.put(path, name, again=True)
    composition = composition_of(path)
    stored, created = ModelVersion.objects.get_or_create(
        id=model.version,
        defaults={
            "topic": model.topic,
            "fingerprint": model.fingerprint,
            "lineage": model.lineage.plain(),
            "composition": composition,
            "kind": composition.kind,
            "data_set": model.lineage.data_set or "",
            "created_at": timezone.now(),
            "actor": actor.name,
        },
    )
    if not stored.kind:  # an earlier version of the program registered it
        ModelVersion.objects.filter(pk=stored.pk).update(
            composition=composition, kind=composition.kind
        )
    note_parts(stored.pk, parts_of(path))
    if created:
        record(event_kinds.MODEL, model.version, actor, event_kinds.model_details(stored))
