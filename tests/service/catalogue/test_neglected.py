"""What is unused or stale in a store, on its page and by its command; remedies by one press."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.acting import EVE, TESTS
from tests.releasing import measured
from tests.service.catalogue.world import (
    HOSTILE,
    START,
    client,
    data_set,
    labelled,
    model,
    page,
    put,
    trial,
)
from tests.service.conftest import listing
from tests.service.working import work
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.evaluation.neglect.causes import Cause
from mimawari.evaluation.neglect.facts import Limits
from mimawari.evaluation.worth import Advice, Costs, worth
from mimawari.records.alarm import (
    AlarmFigures,
    AlarmKind,
    AlarmState,
    Condition,
    Occurrence,
)
from mimawari.records.deployment import Slot
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.alarms.changing import change
from mimawari.service.alarms.watching import seen
from mimawari.service.catalogue.models import DataSetErasure, ModelVersion
from mimawari.service.intake import log
from mimawari.service.monitoring import figures
from mimawari.service.monitoring import neglect as gathering
from mimawari.service.monitoring.neglect import neglect
from mimawari.service.monitoring.worths import TopicWorth
from mimawari.service.releases import generations, going_back
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.releases.models import Release
from mimawari.service.trials.models import TrialState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("generation")]
A, B, PATH = "weapons-aaaaaaaaaaaa", "weapons-bbbbbbbbbbbb", "/models/neglected"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], datetime]:
    """Give a way to look some days from now on."""

    def look(days: float) -> datetime:
        now = datetime.now(UTC) + timedelta(days=days)
        monkeypatch.setattr(gathering.clock, "database_now", lambda: now)
        return now

    return look


def causes(limits: Limits | None = None) -> list[tuple[str, str]]:
    """Give what is neglected by model or topic, and why."""
    return [(row.model or row.topic, row.cause.value) for row in neglect(limits or Limits()).rows]


def new(version: str, **lineage: object) -> ModelVersion:
    """Register a model as of now, of labels of now."""
    made = model(version, labels_until=None, at=None, **lineage)
    ModelVersion.objects.filter(pk=version).update(created_at=datetime.now(UTC))
    return made


def test_models_never_in_force(later: Callable[[float], datetime]) -> None:
    for version in (A, B, "weapons-cccccccccccc", "drugs-dddddddddddd", "drugs-eeeeeeeeeeee"):
        new(version)
    put(A, "a first model")
    trial(B)
    going_back.retire("weapons-cccccccccccc", EVE, "a slip")
    measured("drugs-dddddddddddd", auprc=0.5)
    assert causes() == []
    later(20)
    assert causes(Limits(unused=10)) == [
        ("drugs-dddddddddddd", Cause.NEVER_IN_FORCE),
        ("drugs-eeeeeeeeeeee", Cause.NEVER_IN_FORCE),
        (A, Cause.SILENT),
    ]
    assert [row.model for row in neglect(Limits(unused=10), {"weapons"}).rows] == [A]


def test_a_forgotten_shadow_until_somebody_looks(later: Callable[[float], datetime]) -> None:
    new(A)
    put(A, "to look at it", Slot.SHADOW)
    assert causes() == []
    later(31)
    assert causes() == [(A, Cause.FORGOTTEN)]
    going = trial(A)
    assert causes() == []
    type(going).objects.filter(pk=going.pk).update(state=TrialState.ENDED)
    later(62)
    assert causes() == [(A, Cause.FORGOTTEN)]


def test_a_validation_is_a_look(later: Callable[[float], datetime]) -> None:
    new(A)
    put(A, "to look at it", Slot.SHADOW)
    before = neglect(Limits()).now
    measured(A, auprc=0.5)
    later(31)
    (row,) = neglect(Limits()).rows
    assert row.since > before


def test_what_a_model_was_made_from(
    later: Callable[[float], datetime], tmp_path: Path, topic_file: Callable[..., Path]
) -> None:
    kept = data_set(tmp_path, labelled(40))
    made = new(A, data_set=kept.pk)
    ModelVersion.objects.filter(pk=A).update(
        lineage={**made.lineage, "labels_until": START.isoformat()}
    )
    put(A, "a first model")
    assert causes() == [(A, Cause.LABELS_OLD)]
    fresh = Limits(labels=3_000)
    assert causes(fresh) == []
    activate_topic_files([topic_file(word="sabre")], TESTS, "another word")
    (row,) = neglect(fresh).rows
    assert (row.cause, row.about) == (Cause.POLICY_CHANGED, "v1 → v2")
    DataSetErasure.objects.create(data_set=kept, at=datetime.now(UTC), actor="system")
    newest = generations.current()
    assert newest is not None
    manifest = msgspec.structs.replace(newest.manifest, readings="0123456789abcdef")
    generations.advance(manifest, EVE, "readings of the operator's")
    assert {cause for _, cause in causes(fresh)} == {
        Cause.POLICY_CHANGED,
        Cause.DATA_ERASED,
        Cause.READINGS_CHANGED,
    }
    later(181)
    assert (A, Cause.NEVER_RETRAINED) in causes(fresh)


def test_an_artifact_may_say_anything_of_its_times() -> None:
    made = new(A)
    for text in ("yesterday", HOSTILE, "0001-01-01T00:00+23:00", "2999-01-01"):
        facts = {**made.lineage, "at": text, "labels_until": text}
        ModelVersion.objects.filter(pk=A).update(lineage=facts)
        put(A, text, Slot.SHADOW)
        assert causes() == []


def test_a_queue_that_nobody_reviews(later: Callable[[float], datetime]) -> None:
    log.append([listing(i, "a pistol") for i in range(2)])
    work()
    old, young = Alert.objects.order_by("pk")
    now = later(40)
    Alert.objects.filter(pk=young.pk).update(created_at=now, day=now.date())
    assert causes() == [("weapons", Cause.NOT_REVIEWED)]
    assert neglect(Limits()).rows[0].since == old.created_at
    Alert.objects.filter(pk=young.pk).update(state=AlertState.DECIDED)
    assert causes() == []


def test_a_champion_with_alerts_is_not_silent(later: Callable[[float], datetime]) -> None:
    new(A)
    put(A, "a first model")
    log.append([listing(1, "a pistol")])
    work()
    now = later(40)
    assert causes() == [(A, Cause.SILENT)]
    Alert.objects.update(created_at=now, day=now.date())
    assert causes() == []


def test_what_the_report_of_worth_advises_to_retire(monkeypatch: pytest.MonkeyPatch) -> None:
    new(A)
    put(A, "a first model")
    judged = worth(100, 10, (80, 10), 500, Costs(5.0, 50.0))
    assert judged.advice == Advice.RETIRE
    told = [TopicWorth("weapons", A, 1, Costs(5.0, 50.0), judged)]
    monkeypatch.setattr(figures, "worths", lambda days: told)
    assert causes() == [], "nothing is made for the page"
    figures.all_worths().refresh(datetime.now(UTC), 1)
    assert causes() == [(A, Cause.COSTLY)]
    assert "models rollback weapons --to rules" in page(client().get(PATH))
    put(None, "it was taken away")
    assert causes() == []


def test_what_an_alarm_is_open_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("mimawari.cli.neglect.open_store", lambda: None)
    new(A)
    put(A, "a first model")
    moved = Condition(AlarmKind.DRIFT_OF_SCORES, topic="weapons", stream="above the threshold")
    alarm = seen(Occurrence(condition=moved, figures=AlarmFigures(value=0.4)))
    elsewhere = Condition(AlarmKind.PRECISION_FELL, topic="not in force")
    seen(Occurrence(condition=elsewhere, figures=AlarmFigures(value=0.1)))
    assert causes() == [(A, Cause.ALERTED), (A, Cause.SCORES_MOVED)]
    shown = page(client().get(PATH))
    assert f'href="/alarms/{alarm.pk}"' in shown
    assert shown.count("Scores have moved") == 1
    assert f">alarm {alarm.pk}<" in shown.replace("<bdi>", "").replace("</bdi>", "")
    printed = CliRunner().invoke(app, ["models", "neglected"]).output
    assert f"mimawari alarms show {alarm.pk}" in printed
    assert "mimawari flow run retrain --topic weapons" in printed
    change(alarm, AlarmState.RESOLVED, EVE, "it was a holiday", datetime.now(UTC))
    assert causes() == []


def test_remedies_by_one_press(later: Callable[[float], datetime]) -> None:
    new(A)
    new(B)
    put(A, HOSTILE, Slot.SHADOW)
    later(40)
    told = page(client().get(PATH))
    assert "Forgotten beside the champion" in told
    assert "Never in force" in told
    assert HOSTILE not in told
    for version, do, said in (
        (A, "undeploy", "beside the champion no more"),
        (B, "retire", "is retired"),
    ):
        fields = {"do": do, "reason": "nobody looks at it", "back": "neglected"}
        answer = client().post(f"/models/{version}/stage", fields, follow=True)
        assert answer.redirect_chain == [(PATH, 302)]
        assert said in page(answer)
    assert [row.model for row in Release.objects.filter(stage="retired")] == [B]
    assert causes() == []


def test_who_sees_what(later: Callable[[float], datetime]) -> None:
    new(A)
    later(40)
    assert 'name="do"' in page(client("ml_engineer").get(PATH))
    assert 'name="do"' not in page(client("auditor").get(PATH))
    assert A not in page(client("lead", "drugs").get(PATH))
    assert client("moderator").get(PATH).status_code == 403
    assert f'href="{PATH}"' in page(client("auditor").get("/models"))


@pytest.mark.parametrize("days", ["0", "x", "-1", "3651", "1.5", HOSTILE])
def test_limits_are_days(days: str) -> None:
    told = page(client().get(PATH, {"unused": days}), 400)
    assert "Write a number of days from 1 to 3650." in told
    assert HOSTILE not in told


def test_limits_are_asked_for(later: Callable[[float], datetime]) -> None:
    new(A)
    later(8)
    assert A not in page(client().get(PATH))
    assert A in page(client().get(PATH, {"unused": "7"}))


def test_the_command_says_the_same(
    later: Callable[[float], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("mimawari.cli.neglect.open_store", lambda: None)
    new(A)
    later(40)
    told = CliRunner().invoke(app, ["models", "neglected"])
    assert told.exit_code == 0, told.output
    assert f"mimawari models retire {A} --reason WHY" in told.output
    told = CliRunner().invoke(app, ["models", "neglected", "--unused", "41"])
    assert A not in told.output


def test_many_models_take_the_same_queries(later: Callable[[float], datetime]) -> None:
    counts = []
    for start, end in ((0, 3), (3, 90)):
        for i in range(start, end):
            new(f"weapons-{i:012x}")
            put(f"weapons-{i:012x}", "a look", Slot.SHADOW)
            new(f"weapons-{i:011x}x")
        later(40)
        with CaptureQueriesContext(connection) as noted:
            found = neglect(Limits())
        counts.append(len(noted))
        assert found.more == (end > gathering.MOST_SPARE)
    assert counts[0] == counts[1] <= 12
    named = [row for row in found.rows if row.cause == Cause.NEVER_IN_FORCE]
    assert len(named) == gathering.MOST_SPARE
    assert "More models were never in force" in page(client().get(PATH))
