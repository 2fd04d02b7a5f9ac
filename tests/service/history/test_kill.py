"""Processes that are killed while days are closed, leave, are erased in and removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("kill")


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "MIMAWARI"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.service.history.kill_script", str(tmp_path / "stores")],
        cwd=Path(__file__).parents[3], env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    told = json.loads(done.stdout.splitlines()[-1])
    before, end = told["before"], told["undisturbed"]
    assert end["problems"] == []
    assert (end["of_elsa"], set(end["versions"]) & {"E0", "E1", "E2", "L1"}) == (0, set())
    for kill in told["kills"]:
        between, after = kill["between"], kill["after"]
        assert between["problems"] == [], kill["step"]
        assert set(between["versions"].values()) == {1}, "none is there twice"
        assert sorted(set(between["replayed"])) == sorted(between["replayed"])
        for name in set(before["versions"]) - set(between["versions"]):
            assert name not in end["versions"], "what is gone was to go"
        same = ("versions", "scored", "replayed", "problems", "of_elsa")
        assert {k: after[k] for k in same} == {k: end[k] for k in same}, kill["step"]
