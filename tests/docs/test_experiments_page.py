"""A newcomer follows docs/experiments.md to the letter, from a new model to a decision."""

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

pytestmark = pytest.mark.xdist_group("experiments-page")
PAGE = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
SERVE = "mimawari serve --port 8000\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "state").mkdir()
    # It starts from nothing, as a reader starts it.
    with new_server(tmp_path / "state", Server, with_tables=False) as one:
        yield one


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_tour_ends_with_a_decision(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    folder.mkdir()
    bin_folder = str(Path(sys.executable).parent)
    environ = {**server.environ, "COLUMNS": "200"}
    environ["PATH"] = f"{bin_folder}:{environ['PATH']}"
    said = ""
    assert SERVE in BLOCKS
    for block in BLOCKS:
        if block == SERVE:
            server.start()
            server.drained()
            continue
        text = block.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        done = subprocess.run(
            ["sh", "-e", "-c", text],
            cwd=folder, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        said = done.stdout
    shown = re.search(r"backtest 1 of drugs_controlled: (\w+)", said)
    assert shown is not None, said
    assert shown[1] in {"promote", "undecided"}, said
    assert "Old and new labels agree in 20 of 20" in said
    assert re.search(r"reviews +\d\d", said)
