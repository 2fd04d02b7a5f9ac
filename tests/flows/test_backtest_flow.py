"""The flow that back-tests, on the real Metaflow, killed in each step in turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.flows.days import new_backtest
from tests.flows.killing import killed_in_turn
from tests.flows.test_backtest import replayed
from tests.flows.worlds import artifacts, finished, launch
from tests.small_model import small_model

# Where the run is killed: as a step begins, or when it is about to put a file in its place.
PLACES = ("start", "replay:.json", "compared:backtest.json", "end:result.json")


def test_killed_in_each_step_in_turn_it_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small_model(tmp_path / "candidate")
    expected = replayed(new_backtest(tmp_path / "functions", model))
    flow = launch(new_backtest(tmp_path / "flow", model), "backtest")
    with monkeypatch.context() as patch:
        earlier = killed_in_turn(flow, PLACES, tmp_path, patch)
    status, printed = finished(flow, earlier)
    assert status == 0, printed
    result = flow.run.result
    assert result is not None
    assert result.topics[0].backtest == expected
    assert {encoding for _, name, encoding in artifacts(flow) if name[0] != "_"} == {
        "mimawari-json-v1"
    }
