"""Where a model was in force: held against reading every generation."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.acting import TESTS
from tests.service.catalogue.world import START, client, model, put

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.loading import load_model
from mimawari.records.composition import Composition
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.manifest import Manifest, TopicEntry
from mimawari.records.slot_change import slot_changes
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.catalogue.registering import register_model
from mimawari.service.releases import generations
from mimawari.service.releases.deployments import served, since
from mimawari.service.releases.models import DeploymentChange, Generation

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = ("weapons-1", "weapons-2", "weapons-3")
Noted = list[tuple[str, str, int, str, float | None]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], datetime]:
    """Give a function that lets a minute pass."""
    now = START

    def go() -> datetime:
        nonlocal now
        now += timedelta(minutes=1)
        return now

    monkeypatch.setattr(timezone, "now", lambda: now)
    return go


def drawn(count: int, seed: int = 5) -> list[Manifest]:
    """Draw what is in force one after the other."""
    chance, manifests = random.Random(seed), []
    for _ in range(count):
        entry = TopicEntry(topic_file=1, sha256="", capacity=chance.choice((5, 6)))
        names = chance.sample(MODELS, 3)
        if chance.random() < 0.8:
            entry = entry.with_champion(names[0])
        if chance.random() < 0.5:
            canary = Deployment(model=names[1], slot=Slot.CANARY, share=chance.choice((0.05, 0.1)))
            entry = entry.with_beside(canary)
        if chance.random() < 0.5:
            entry = entry.with_beside(Deployment(model=names[2], slot=Slot.SHADOW))
        manifests.append(Manifest(topics={"weapons": entry} if chance.random() < 0.9 else {}))
    return manifests


def noted() -> Noted:
    rows = DeploymentChange.objects.order_by("generation", "model")
    return list(rows.values_list("model", "topic", "generation", "slot", "share"))


def test_every_minute_is_told_as_reading_all_generations_would(
    clock: Callable[[], datetime],
) -> None:
    manifests = drawn(40)
    for i, manifest in enumerate(manifests):
        generations.advance(manifest, TESTS, f"step {i}")
        clock()
    for name in MODELS:
        stretches = served(name, 100)
        for i, manifest in enumerate(manifests):
            at = START + timedelta(minutes=i, seconds=30)
            of_topic = [d for _, d in manifest.columns if d.model == name]
            expected = [(d.slot, d.share) for d in of_topic]
            told = [s for s in stretches if s.since <= at and (s.until is None or at < s.until)]
            assert [(s.slot, s.share) for s in told] == expected
        assert [s.since for s in stretches] == sorted((s.since for s in stretches), reverse=True)
        ended = [s for s in stretches if s.until is not None]
        assert all(s.ended_because.startswith("step") and s.ended_by == "tests" for s in ended)
        assert served(name, 2) == stretches[:2]
        if stretches and stretches[0].until is None:
            assert since([name]) == {(name, "weapons"): stretches[0].since}


def test_generations_of_a_program_that_notes_nothing_are_noted_by_the_next(
    clock: Callable[[], datetime],
) -> None:
    first, *between, last = drawn(8)
    generations.advance(first, TESTS, "noted")
    for manifest in between:
        clock()
        Generation.objects.create(
            manifest=manifest, created_at=timezone.now(), actor="older", reason="in a rollout"
        )
    generations.advance(last, TESTS, "noted again")
    every, before, expected = [first, *between, last], Manifest(), []
    numbers = list(Generation.objects.order_by("pk").values_list("pk", flat=True))
    for number, manifest in zip(numbers, every, strict=True):
        expected += [
            (c.model, c.topic, number, c.slot or "", c.share)
            for c in slot_changes(before, manifest)
        ]
        before = manifest
    assert noted() == expected


def test_the_migration_notes_what_was_there(clock: Callable[[], datetime]) -> None:
    for manifest in drawn(12):
        clock()
        Generation.objects.create(
            manifest=manifest, created_at=timezone.now(), actor="older", reason="before"
        )
    assert noted() == []
    migration = importlib.import_module(
        "mimawari.service.releases.migrations.0004_deployment_changes"
    )
    migration.note(apps, None)
    before, expected = Manifest(), []
    for generation in Generation.objects.order_by("pk"):
        changes = slot_changes(before, generation.manifest)
        expected += [(c.model, c.topic, generation.pk, c.slot or "", c.share) for c in changes]
        before = generation.manifest
    assert noted() == expected != []


def test_nobody_changes_what_was_noted(generation: int) -> None:
    put("weapons-1", "first")
    for change in (
        lambda: DeploymentChange.objects.update(slot="shadow"),
        lambda: DeploymentChange.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.fixture
def trained(tmp_path: Path, made: artifact.Artifact) -> Path:
    """Write a small model's folder."""
    artifact.save(made, tmp_path / "model")
    return tmp_path / "model"


def test_a_registration_notes_kind_and_data_set(trained: Path) -> None:
    loaded = load_model(trained)
    with transaction.atomic():
        register_model(loaded, trained, TESTS)
    stored = ModelVersion.objects.get()
    assert (stored.kind, stored.data_set) == ("gbdt", "weapons-0123456789ab")
    migration = importlib.import_module(
        "mimawari.service.catalogue.migrations.0007_model_composition"
    )
    unknown = {"kind": "", "data_set": "", "composition": Composition()}
    ModelVersion.objects.update(**unknown)
    migration.note(apps, None)
    stored.refresh_from_db()
    assert (stored.kind, stored.data_set) == ("gbdt", "weapons-0123456789ab")
    artifacts().remove(f"models/{stored.pk}")
    ModelVersion.objects.update(**unknown)
    migration.note(apps, None)
    stored.refresh_from_db()
    assert (stored.kind, stored.data_set) == ("", "weapons-0123456789ab")
    with transaction.atomic():
        register_model(loaded, trained, TESTS)
    stored.refresh_from_db()
    assert stored.kind == "gbdt"


@pytest.mark.usefixtures("generation")
def test_pages_take_no_more_queries_where_there_is_more() -> None:
    engineer, counts = client(), []
    paths = ("/models", "/models/weapons-1", "/topics/weapons/versions", "/models?slot=in_force")
    model("weapons-1")
    put("weapons-1", "first")
    for more in range(3):
        for i in range(10 * more):
            name = f"weapons-{more}{i:03}"
            model(name, minutes=100 * more + i)
            put(name, "shadow", Slot.SHADOW)
            put(name, "next")
            put("weapons-1", "back")
        for path in paths:
            engineer.get(path)
        asked = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert engineer.get(path).status_code == 200
            asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1] == counts[2]
    assert max(counts[0]) <= 22
