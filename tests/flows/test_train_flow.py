"""The flow that trains, on the real Metaflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.flows.worlds import FAULTS, QUICK, artifacts, finished, launch, new_run

from mimawari.detectors.loading import load_model
from mimawari.flows.launch import FIRST, Launch, environment

# Metaflow's own, of its own types; nothing of ours is pickled.
METAFLOWS = {"_foreach_stack", "_catch_exception", "untrained_why"}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """Give a run at its end, of two topics in a task; the first always ends the process."""
    settings = msgspec.structs.replace(QUICK, least=5)
    place = tmp_path_factory.mktemp("done")
    flow = launch(new_run(place, "drugs", "weapons", settings=settings))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(FAULTS), prepend=":")
        patch.setenv("MIMAWARI_FAULT", "train:drugs/model")
        status, said = finished(flow)
    assert status == 0, said
    return flow


def test_a_topic_that_always_fails_does_not_lose_the_others(done: Launch) -> None:
    result = done.run.result
    assert result is not None
    drugs, weapons = result.topics
    assert weapons.trained is not None
    model = load_model(done.run.model("weapons"), weapons.trained.model)
    assert model.lineage.flow_run == result.run
    assert model.lineage.data_set == result.data_set
    assert model.lineage.by == "ann"
    assert (weapons.problem, drugs.trained) == ("", None)
    assert "its task ended before it was done: FailureHandledByCatch: Task" in drugs.problem


def test_nothing_of_ours_is_pickled(done: Launch) -> None:
    pickled = {name for _, name, encoding in artifacts(done) if encoding != "mimawari-json-v1"}
    assert pickled <= METAFLOWS
    assert {"problems", "html", "shards"} <= {name for _, name, _ in artifacts(done)}


def test_the_card_has_pictures(done: Launch) -> None:
    [card] = done.root.glob(".metaflow/mf.cards/**/*.html")
    text = card.read_text("utf-8")
    assert "<svg" in text
    assert "its task ended before it was done" in text
    assert (done.run.path / "card.html").read_text("utf-8") == text


def test_a_changed_byte_of_the_data_set_is_refused(tmp_path: Path) -> None:
    flow = launch(new_run(tmp_path))
    path = tmp_path / "set" / "listings.parquet"
    data = bytearray(path.read_bytes())
    at = data.index(b"sabre")
    data[at] ^= 1
    path.write_bytes(bytes(data))
    status, _ = finished(flow)
    assert status == 1
    [problem] = flow.run.problems()
    assert "holds goods-" in problem.problem or "cannot be read" in problem.problem


def test_where_nothing_could_be_trained_the_run_fails_and_goes_on_once_mended(
    tmp_path: Path,
) -> None:
    flow = launch(new_run(tmp_path, "drugs"))
    status, _ = finished(flow)
    assert status == 1
    [problem] = flow.run.problems()
    assert problem.field == "drugs"
    assert "has 5 positives" in problem.problem
    status, said = finished(flow, flow.metaflow_run, FIRST["train"])
    assert status == 1, said


def test_what_would_be_pickled_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "set_flow.py"
    path.write_text(
        "from metaflow import FlowSpec, step\n"
        "class SetFlow(FlowSpec):\n"
        "    @step\n"
        "    def start(self):\n"
        "        self.topics = {'weapons'}\n"
        "        self.next(self.end)\n"
        "    @step\n"
        "    def end(self):\n"
        "        pass\n"
        "SetFlow()\n",
        "utf-8",
    )
    command = [sys.executable, str(path), "--no-pylint", "run"]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "failed on artifact 'topics': TypeError: is builtins.set" in run.stdout + run.stderr
