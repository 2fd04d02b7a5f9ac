"""Fills a catalogue with models that came into force one after the other, by bulk SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from mimawari.records.composition import Composition, Member
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.json import JsonObject
from mimawari.records.manifest import Manifest
from mimawari.records.slot_change import slot_changes
from mimawari.records.topic_change import topic_changes
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.releases import generations
from mimawari.service.releases.models import DeploymentChange, Generation, TopicChange

AT_ONCE, MINUTE = 1_000, timedelta(minutes=1)
FACTS: JsonObject = {
    "package": "mimawari 0.1.0",
    "by": "ann",
    "rows": 5_000,
    "labels_until": "2026-02-28T00:00:00+00:00",
    "settings": {f"part{i}": {f"value{j}": j for j in range(8)} for i in range(4)},
}
MEMBER = Member(version="m-0", kind="gbdt", fingerprint="f", lineage=FACTS)
NAMES = ("linear", "tfidf", "gbdt", "sentences")
COMPOSITION = Composition(kind="ensemble", members=dict.fromkeys(NAMES, MEMBER))


class _Filler:
    """Models of all topics in force, each a shadow first and then champion."""

    def __init__(self) -> None:
        newest = generations.current()
        assert newest is not None
        self.number, self.manifest = newest.number, newest.manifest
        self.models: list[ModelVersion] = []
        self.generations: list[Generation] = []
        self.changes: list[TopicChange] = []
        self.slots: list[DeploymentChange] = []

    def model(self, i: int, at: datetime) -> None:
        """Register a model, and put it in force in two steps."""
        topics = self.manifest.topic_order
        topic = topics[i % len(topics)]
        version = f"{topic}-{i:012x}"
        own: dict[str, Any] = {
            "kind": "ensemble",
            "data_set": f"{topic}-{i // 50:012x}",
            "created_at": at,
        }
        made_of: dict[str, Any] = {"composition": COMPOSITION, "lineage": FACTS, "fingerprint": "f"}
        self.models.append(
            ModelVersion(id=version, topic=topic, actor=f"who{i % 9}", **own, **made_of)
        )
        entry = self.manifest.topics[topic]
        shadow = entry.with_beside(Deployment(model=version, slot=Slot.SHADOW))
        self.step(self.manifest.with_topic(topic, shadow), at)
        self.step(self.manifest.with_topic(topic, entry.with_champion(version)), at + MINUTE)

    def spare(self, i: int, at: datetime) -> None:
        """Register a model that is never put in force."""
        topics = self.manifest.topic_order
        topic = topics[i % len(topics)]
        own: dict[str, Any] = {"lineage": FACTS, "composition": COMPOSITION, "created_at": at}
        version = f"{topic}-{i:012x}"
        self.models.append(ModelVersion(id=version, topic=topic, fingerprint="f", **own))

    def step(self, after: Manifest, at: datetime) -> None:
        """Put a manifest in force, and note what it changes."""
        before, self.manifest = self.manifest, after
        self.number += 1
        own: dict[str, Any] = {"generation_id": self.number, "at": at}
        self.generations.append(
            Generation(number=self.number, manifest=after, created_at=at, actor="who", reason="why")
        )
        self.changes += [
            TopicChange(topic=topic, what=list(what), **own)
            for topic, what in topic_changes(before, after).items()
        ]
        self.slots += [
            DeploymentChange(
                model=one.model, topic=one.topic, slot=one.slot or "", share=one.share, **own
            )
            for one in slot_changes(before, after)
        ]

    def write(self) -> None:
        """Write all of it."""
        tables: tuple[tuple[type[models.Model], list[Any]], ...] = (
            (ModelVersion, self.models),
            (Generation, self.generations),
            (TopicChange, self.changes),
            (DeploymentChange, self.slots),
        )
        for table, rows in tables:
            table._default_manager.bulk_create(rows, AT_ONCE)


def fill_models(count: int) -> list[str]:
    """Register models and put them in force; gives their versions, the oldest first.

    Nothing of them lies in the artifact store.
    """
    filler, start = _Filler(), timezone.now() - 2 * count * MINUTE
    for i in range(count):
        filler.model(i, start + 2 * i * MINUTE)
    filler.write()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Generation]):
            cursor.execute(statement)
    _analyze()
    return [model.pk for model in filler.models]


def fill_spare(count: int) -> None:
    """Register as many models that are never put in force, two months ago."""
    filler, start = _Filler(), timezone.now() - timedelta(days=60)
    for i in range(count):
        filler.spare(1_000_000 + i, start)
    filler.write()
    _analyze()


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does by itself, a minute later
