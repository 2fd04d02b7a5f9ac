"""A newcomer follows docs/lifecycle.md to the letter, from a new model to champion and back."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.server import Server
from tests.service.conftest import new_server

from mimawari.evaluation.gates import MEASURES, Stage, default_text, parse_policy
from mimawari.evaluation.guards.judge import GuardName

pytestmark = pytest.mark.xdist_group("lifecycle-page")
PAGE = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
SERVE = "mimawari serve --port 8000\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "state").mkdir()
    # It starts from nothing, as a reader starts it.
    with new_server(tmp_path / "state", Server, with_tables=False) as one:
        yield one


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_tour_ends_where_it_began(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    folder.mkdir()
    bin_folder = str(Path(sys.executable).parent)
    environ = {**server.environ, "COLUMNS": "200"}
    environ["PATH"] = f"{bin_folder}:{environ['PATH']}"
    said = []
    assert SERVE in BLOCKS
    for block in BLOCKS:
        if block == SERVE:
            server.start()
            server.drained()
            continue
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=folder, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout)
    model = (folder / "model").read_text().strip()
    report = (folder / "report.md").read_text("utf-8")
    assert report.startswith(f"# {model} is validated")
    assert "auprc\\_gain" in report, "labels that it has not learnt from were there"
    beside, back = said[-2:]
    assert "shadow_listings" not in beside, "that gate holds by then"
    assert "champion: not open\n  - champion: has not been backtested" in beside
    assert f"drugs_controlled is back with {model}" in back
    newest = next(line for line in back.splitlines() if "its alerts look wrong" in line)
    assert model in newest


def test_every_measure_and_the_gate_file_of_the_page_are_real() -> None:
    missing = [name for name in MEASURES if f"`{name}`" not in PAGE]
    assert not missing
    stages, guards = re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)
    assert parse_policy(stages).entry("weapons", Stage.CHAMPION).persons == 2
    shown = tomllib.loads(guards)["topics"]["weapons"]["guards"]
    assert shown == tomllib.loads(default_text())["guards"]
    assert all(f"`{name}`" in PAGE for name in GuardName)
