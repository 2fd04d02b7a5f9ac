"""`mimawari flow` on the real Metaflow: from decisions to a shadow, killed on the way, pruned."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest
from bench.server import wait
from django.conf import settings
from tests.acting import GRACE, TESTS
from tests.service.flows.conftest import RETRAIN, Run, as_process

from mimawari.flows.launch import Launch
from mimawari.service.audit.models import Event
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion
from mimawari.service.flows import executing, exporting, finishing, holds, runs
from mimawari.service.flows.models import FlowHold, FlowRun, RunState
from mimawari.service.flows.pruning import prune
from mimawari.service.platform import clock
from mimawari.service.releases.generations import entry_in_force
from mimawari.service.releases.models import Generation

pytestmark = pytest.mark.django_db(transaction=True)


def the_run() -> FlowRun:
    return FlowRun.objects.get()


def shadows() -> list[str]:
    entry = entry_in_force("weapons")
    assert entry is not None
    return [deployed.model for deployed in entry.beside]


def killed(*_: object) -> int:
    """Stand for a kill at this point."""
    raise KeyboardInterrupt


def test_from_decisions_to_a_shadow_killed_twice_on_the_way(
    decided: None, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = as_process(*RETRAIN)
    try:
        trained = Path(settings.CONFIG.state_dir, "flows", "runs")
        wait(lambda: any(trained.glob("*/topics/weapons/trained.json")), 120)
        run = the_run()
        assert processes_of(run)
    finally:
        process.kill()
        process.communicate()
    assert (run.pid, run.state) == (process.pid, RunState.RUNNING)
    wait(lambda: not processes_of(run), 60)
    assert "interrupted" in typed("flow", "list")

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "enter", killed)
        assert "goes on" in typed("flow", "resume", run.pk, code=130)
    assert (ModelVersion.objects.count(), shadows()) == (1, [])
    assert len(the_run().metaflow_runs) == 2
    assert "is run by process" in typed("flow", "resume", run.pk, code=1)

    with monkeypatch.context() as patch:
        patch.setattr(holds, "has_ended", lambda host, pid: True)
        patch.setattr(Launch, "start", killed)  # the flow is over: nothing is run
        said = typed("flow", "resume", run.pk)
    _once(run.pk, said)
    assert f"{run.pk} is succeeded" in typed("flow", "show", run.pk)
    assert "has succeeded already" in typed("flow", "resume", run.pk, code=1)
    assert run.pk in typed("models", "list")
    said = typed("models", "reproduce", ModelVersion.objects.get().pk)
    assert "is the same version" in said
    assert "All 80 scores are the same, bit by bit." in said
    _pruned(run.pk)
    _audited(typed, ModelVersion.objects.get().pk)


def _once(name: str, said: str) -> None:
    """See that what was done twice is there once."""
    model = ModelVersion.objects.get()
    newest = Generation.objects.order_by("number").last()
    assert newest is not None
    assert f"weapons: {model.pk}, a shadow as generation {newest.number}" in said
    assert shadows() == [model.pk]
    assert model.lineage["flow_run"] == name
    assert model.lineage["data_set"] == DataSetVersion.objects.get().pk
    assert Generation.objects.count() == 2
    assert not FlowHold.objects.exists()
    kinds = Event.objects.filter(subject=name).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["flow_run", "flow_run", "flow_run", "flow_run_ended"]


def _pruned(kept: str) -> None:
    """Prune beside a run whose model is registered: an older one goes, what is shared stays."""
    run = the_run()
    root = exporting.root()
    old = FlowRun.objects.get()
    old.pk, old.metaflow_runs, old.state = "retrain-000000000000", ["1"], RunState.FAILED
    old.save(force_insert=True)
    store = root / ".metaflow" / "RetrainFlow"
    shutil.copytree(store / run.metaflow_runs[-1], store / "1")
    shutil.copytree(exporting.folder_of(run).path, exporting.folder_of(old).path)
    (exporting.folder_of(old).path / "metaflow_run").unlink()
    orphan = store / "data" / "ab" / ("ab" + 38 * "0")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"of no run")
    blobs = set(store.glob("data/*/*"))
    with executing.in_use(root), pytest.raises(Exception, match="a run: is going on"):
        prune(clock.database_now(), TESTS)
    pruned = prune(clock.database_now(), TESTS)
    assert (pruned.runs, pruned.kept) == ((old.pk,), (kept,))
    assert pruned.artifact_bytes == len(b"of no run")
    assert set(store.glob("data/*/*")) == blobs - {orphan}
    assert not (store / "1").exists()
    assert not exporting.folder_of(old).path.exists()
    assert exporting.folder_of(run).result is not None
    assert prune(clock.database_now(), TESTS).runs == ()


def processes_of(run: FlowRun) -> list[str]:
    """Give the command lines of Metaflow's processes that work on a run."""
    lines = (
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    )
    return [line for line in lines if run.pk in line]


def _audited(typed: Run, model: str) -> None:
    """Audit a registered model on what it was trained on."""
    words = ("--topic", "weapons", "--folds", "2", "--reason", "asked for", "--workers", "1")
    assert "names 0 models of 1" in typed("flow", "run", "audit", *words, code=1)
    typed("flow", "run", "audit", *words, "--model", model)
    run = FlowRun.objects.get(flow="audit")
    assert run.state == RunState.SUCCEEDED
    assert run.outcome.models == {"weapons": model}
    result = exporting.folder_of(run).result
    assert result is not None
    assert result.topics[0].audit is not None
    assert [kind.name for kind in result.topics[0].audit.kinds] == ["rules", "linear"]
    assert shadows() == [model]


def test_a_second_run_is_refused_with_who_runs(decided: None, typed: Run) -> None:
    from tests.service.flows.test_runs import request

    first = runs.begin("retrain", request(), GRACE, "first")
    said = typed(*RETRAIN, code=1)
    assert f"weapons: retrain is run already: {first.pk}, by grace since" in said
    assert f"mimawari flow stop {first.pk}" in said
    typed("flow", "stop", first.pk, "--reason", "made room")
    assert not FlowHold.objects.exists()


def test_a_stopped_run_ends_its_flow(decided: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.service.flows.test_runs import request

    run = runs.begin("train", request(), TESTS, "to be stopped")
    monkeypatch.setattr(executing, "BEAT_SECONDS", 0.0)

    def stops(line: str) -> None:
        if "Task is starting" in line:
            runs.stop(run.pk, GRACE, "wrong settings")

    with pytest.raises(executing.StoppedError, match=f"flow resume {run.pk} goes on"):
        executing.execute(run, TESTS, note=stops)
    assert the_run().state == RunState.STOPPED
    assert the_run().outcome.models == {}


def test_a_data_set_with_a_changed_byte_fails_with_the_reason(decided: None, typed: Run) -> None:
    typed("data", "make", "weapons")
    version = DataSetVersion.objects.get().pk
    path = artifacts().folder(f"data_sets/{version}") / "listings.parquet"
    data = bytearray(path.read_bytes())
    data[data.index(b"pistol")] ^= 1
    path.write_bytes(bytes(data))
    said = typed(*RETRAIN, "--data-set", version, code=1)
    assert "restore the folder from a back-up" in said
    assert the_run().state == RunState.FAILED
    assert "restore the folder" in typed("flow", "show", the_run().pk)
