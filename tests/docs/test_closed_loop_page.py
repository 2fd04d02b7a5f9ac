"""The commands of docs/closed-loop.md do what the page says, one after the other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.server import Server
from tests.service.conftest import new_server

from mimawari.evaluation.gates import default_text

PAGE = (Path(__file__).parents[2] / "docs" / "closed-loop.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "state").mkdir()
    # It starts from nothing, as a reader starts it.
    with new_server(tmp_path / "state", Server, with_tables=False) as one:
        yield one


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_commands_of_the_page_work(server: Server, tmp_path: Path) -> None:
    environ = {**server.environ, "COLUMNS": "200"}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    said = []
    for block in BLOCKS:
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout)
    assert "edge case 1: e1 v1 violates" in said[1]
    assert "a cotton tea towel" in said[1]
    assert "edge case 2 judges no more." in said[2]
    assert "nicknames in English" in said[3]
    assert "5 a day (5 beyond the capacity), of en" in said[4]
    assert "campaign 1 is ended." in said[4]


def test_the_default_gate_is_as_the_page_says() -> None:
    (gate,) = re.findall(r"`(edge_cases_lost = [^`]*if_measured[^`]*)`", PAGE)
    assert f"\n{gate}\n" in default_text()
