"""The flow that chooses what to label, on the real Metaflow, killed in each step in turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.flows.killing import killed_in_turn
from tests.flows.test_select import done, new_selection
from tests.flows.worlds import artifacts, finished, launch

PLACES = ("start", "choose:selection.json", "gathered", "end:result.json")


def test_killed_in_each_step_in_turn_it_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = done(new_selection(tmp_path / "functions"))
    flow = launch(new_selection(tmp_path / "flow"), "select")
    with monkeypatch.context() as patch:
        earlier = killed_in_turn(flow, PLACES, tmp_path, patch)
    status, printed = finished(flow, earlier)
    assert status == 0, printed
    result = flow.run.result
    assert result is not None
    assert result.topics[0].selection == expected
    assert {encoding for _, name, encoding in artifacts(flow) if name[0] != "_"} == {
        "mimawari-json-v1"
    }
