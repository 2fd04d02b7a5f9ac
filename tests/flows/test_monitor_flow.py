"""The flow that watches closed days, on the real Metaflow, killed in each step in turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.flows.killing import killed_in_turn
from tests.flows.test_monitor import done, new_run, write_day
from tests.flows.worlds import artifacts, finished, launch

PLACES = ("start", "count:2026-03-03.json", "watch:monitored.json", "end:result.json")


def test_killed_in_each_step_in_turn_it_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [write_day(tmp_path / "history", number, 0.3) for number in range(3)]
    expected = done(new_run(tmp_path / "functions", history))
    flow = launch(new_run(tmp_path / "flow", history, shards=1), "monitor")
    with monkeypatch.context() as patch:
        earlier = killed_in_turn(flow, PLACES, tmp_path, patch)
    status, printed = finished(flow, earlier)
    assert status == 0, printed
    result = flow.run.result
    assert result is not None
    assert result.monitored == expected
    assert {encoding for _, name, encoding in artifacts(flow) if name[0] != "_"} == {
        "mimawari-json-v1"
    }
