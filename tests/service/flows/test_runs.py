"""Runs on record: one at a time a flow and topic, who may, what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.acting import EVE, GRACE, TESTS

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.flows import launch
from mimawari.flows.records import Request
from mimawari.records.principal import Principal
from mimawari.service.audit.models import Event
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets import making
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.flows import holds, runs
from mimawari.service.flows.executing import execute
from mimawari.service.flows.models import FlowHold, FlowRun, RunState

pytestmark = pytest.mark.django_db(transaction=True)


def request(*topics: str) -> Request:
    """Ask for weapons over the data set that is there, or a new one."""
    now = datetime.now(UTC)
    stored = DataSetVersion.objects.first()
    if stored is None:
        asked = making.Request("weapons", ("weapons",), now, {})
        stored = making.make(asked, TESTS)
    return Request(
        run="", data_set=stored.pk, folder="", topics=topics or ("weapons",), by="", at=now
    )


def test_of_two_that_begin_at_once_one_does(decided: None) -> None:
    asked = request()

    def begin(who: Principal) -> str:
        try:
            return runs.begin("train", asked, who, "at once").pk
        except InvalidInputError as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(begin, (EVE, GRACE)))
    assert said[0].startswith("train-")
    assert f"train is run already: {said[0]}, by " in said[1]
    assert FlowRun.objects.count() == FlowHold.objects.count() == 1
    assert Event.objects.filter(kind="flow_run").count() == 1


def test_flows_and_topics_are_apart(decided: None) -> None:
    asked = request()
    runs.begin("train", asked, TESTS, "one")
    runs.begin("audit", asked, TESTS, "another flow")
    assert FlowHold.objects.count() == 2


def test_what_an_interrupted_run_held_is_taken(
    decided: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request()
    first = runs.begin("train", asked, TESTS, "one")
    monkeypatch.setattr(holds, "has_ended", lambda host, pid: True)
    second = runs.begin("train", asked, TESTS, "another")
    assert FlowHold.objects.get().run_id == second.pk
    monkeypatch.undo()
    with pytest.raises(InvalidInputError, match=f"is run by process|{second.pk}"):
        runs.take_up(first.pk, TESTS)


def test_a_run_that_was_not_heard_of_is_interrupted(decided: None) -> None:
    run = runs.begin("train", request(), TESTS, "one")
    assert holds.state_of(run) == RunState.RUNNING
    FlowRun.objects.update(beat_at=datetime(2026, 1, 1, tzinfo=UTC), host="elsewhere")
    assert holds.state_of(FlowRun.objects.get()) == holds.INTERRUPTED
    taken, stood = runs.take_up(run.pk, TESTS)
    assert (stood, holds.state_of(taken)) == (holds.INTERRUPTED, RunState.RUNNING)
    assert runs.beat(taken, "17")
    assert runs.beat(taken, "17")
    assert FlowRun.objects.get().metaflow_runs == ["17"]


@pytest.mark.parametrize(
    ("flow", "topics", "reason", "problem"),
    [
        ("tran", ("weapons",), "why", "use train, audit, retrain"),
        ("train", ("cash",), "why", "'cash' has no topic file"),
        ("train", ("weapons",), " ", "say why"),
    ],
)
def test_what_is_refused(
    decided: None, flow: str, topics: tuple[str, ...], reason: str, problem: str
) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        runs.begin(flow, request(*topics), TESTS, reason)
    assert not FlowRun.objects.exists()


def test_a_data_set_whose_rows_were_erased_since_is_refused(decided: None) -> None:
    run = runs.begin("train", request(), TESTS, "why")
    assert erase_seller("s3", TESTS, "asked for").data_sets == 1
    with pytest.raises(InvalidInputError, match="as a seller among them was erased"):
        execute(run, TESTS)
    failed = FlowRun.objects.get()
    assert failed.state == RunState.FAILED
    assert "make it again" in failed.outcome.problems["data set"]
    assert not FlowHold.objects.exists()


def test_without_metaflow_it_is_said_what_to_install(
    decided: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request()
    monkeypatch.setattr(launch, "find_spec", lambda name: None)
    with pytest.raises(InvalidInputError, match="pip install"):
        runs.begin("train", asked, TESTS, "why")


def test_who_may_not_manage_models_may_not_run(decided: None) -> None:
    nobody = Principal("user", "0", "nobody")
    with pytest.raises(ForbiddenError):
        runs.begin("train", request(), nobody, "why")
