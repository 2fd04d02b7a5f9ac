"""What runs read and gave, also those from before it was noted."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from tests.acting import TESTS

from mimawari.flows.records import Request
from mimawari.service.flows import runs
from mimawari.service.flows.artifacts import runs_of
from mimawari.service.flows.models import ArtifactKind, FlowArtifact, FlowRun, Outcome, RunState

pytestmark = pytest.mark.django_db(transaction=True)


def ended() -> FlowRun:
    asked = Request(
        run="", data_set="weapons-data", topics=("weapons",), by="", at=datetime.now(UTC),
        models={"weapons": "weapons-read"},
    )  # fmt: skip
    run = runs.begin("retrain", asked, TESTS, "why")
    with transaction.atomic():
        runs.end(run, RunState.SUCCEEDED, Outcome(models={"weapons": "weapons-made"}), TESTS)
    return run


def noted() -> set[tuple[str, str, bool]]:
    return set(FlowArtifact.objects.values_list("kind", "name", "made"))


def test_both_ways(generation: int) -> None:
    run = ended()
    assert noted() == {
        ("data_set", "weapons-data", False),
        ("model", "weapons-read", False),
        ("model", "weapons-made", True),
    }
    assert list(runs_of(ArtifactKind.MODEL, "weapons-made")) == [run]
    assert not runs_of(ArtifactKind.DATA_SET, "weapons-made")


def test_runs_from_before_are_noted_by_the_migration(generation: int) -> None:
    ended()
    before = noted()
    FlowArtifact.objects.all().delete()
    migration = import_module("mimawari.service.flows.migrations.0002_artifacts")
    with connection.schema_editor() as editor:
        migration.note(apps, editor)
    assert noted() == before
