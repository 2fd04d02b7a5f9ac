"""The flow from a data set to an audited candidate: killed at each step, and retrained alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.flows.killing import killed_in_turn
from tests.flows.worlds import artifacts, finished, launch, new_run, rows

from mimawari.datasets.rows import in_order
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.loading import load_model
from mimawari.flows.again import data_set_of, train_again
from mimawari.flows.launch import Launch
from mimawari.flows.records import Result
from mimawari.flows.snapshot import Snapshot
from mimawari.flows.training import scores_hash

# Where a run is killed: as a step begins, or when it is about to put a file in its place.
PLACES = (
    "start",
    "train:trained.json",
    "audit",
    "audit:audit.json",
    "gathered",
    "end:result.json",
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """Give a run at its end."""
    flow = launch(new_run(tmp_path_factory.mktemp("done"), "weapons", "drugs"), "retrain")
    status, said = finished(flow)
    assert status == 0, said
    return flow


def result_of(flow: Launch) -> Result:
    result = flow.run.result
    assert result is not None
    return result


def test_a_candidate_and_its_audit(done: Launch) -> None:
    weapons, drugs = result_of(done).topics
    assert weapons.trained is not None
    assert weapons.audit is not None
    assert weapons.audit.model == weapons.trained.model
    assert [kind.name for kind in weapons.audit.kinds] == ["rules", "linear"]
    assert weapons.audit.later is not None
    assert weapons.audit.later.positives > 0
    assert (drugs.trained, drugs.audit) == (None, None)
    assert "label 15 more" in drugs.problem
    assert "AP@" in (done.run.path / "card.html").read_text("utf-8")


def test_killed_in_each_step_in_turn_it_gives_the_same(
    done: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = launch(new_run(tmp_path, "weapons", "drugs"), "retrain")
    with monkeypatch.context() as patch:
        earlier = killed_in_turn(flow, PLACES, tmp_path, patch)
    status, said = finished(flow, earlier)
    assert status == 0, said
    assert result_of(flow) == result_of(done)
    assert {encoding for _, name, encoding in artifacts(flow) if name[0] != "_"} == {
        "mimawari-json-v1"
    }


def test_what_was_trained_is_trained_again_from_its_lineage_alone(
    done: Launch, tmp_path: Path
) -> None:
    weapons = result_of(done).topics[0].trained
    assert weapons is not None
    assert data_set_of(done.run.model("weapons")) == result_of(done).data_set
    version = train_again(done.run.model("weapons"), rows(), tmp_path / "again")
    assert version == weapons.model
    first, again = load_model(done.run.model("weapons")), load_model(tmp_path / "again")
    labelled = collect(Snapshot(in_order(rows())).labelled("weapons"))
    assert scores_hash(first, labelled) == scores_hash(again, labelled) == weapons.scores
