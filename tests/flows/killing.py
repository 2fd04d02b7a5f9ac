"""A flow that is killed at one place after the other, and taken up again each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.flows.worlds import FAULTS, finished

from mimawari.flows.launch import Launch


def killed_in_turn(
    flow: Launch, places: Sequence[str], marks: Path, monkeypatch: pytest.MonkeyPatch
) -> str | None:
    """Have a flow killed at each place, as it goes on from the one before; no result is there.

    Parameters
    ----------
    places
        ``STEP``: as a task of it begins; ``STEP:FILE``: as such a file is put in its place.
    marks
        Folder in which it is noted that a place was reached.

    Returns
    -------
    Metaflow's name of the run that is taken up next.
    """
    earlier = None
    monkeypatch.setenv("PYTHONPATH", str(FAULTS), prepend=":")
    for number, place in enumerate(places):
        mark = marks / f"struck-{number}"
        monkeypatch.setenv("MIMAWARI_FAULT", place)
        monkeypatch.setenv("MIMAWARI_FAULT_ONCE", str(mark))
        status, printed = finished(flow, earlier)
        assert status < 0, printed
        assert mark.exists(), place
        assert flow.run.result is None
        earlier = flow.metaflow_run
    return earlier
