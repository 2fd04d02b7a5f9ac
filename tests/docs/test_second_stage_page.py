"""The commands of docs/second-stage.md do what the page says, against a real endpoint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.server import Server
from tests.remote.server import Handler, Listings, Model, completion
from tests.service.conftest import new_server

PAGE = (Path(__file__).parents[2] / "docs" / "second-stage.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
WORDS = {"firearm": "Glock", "explosive": "TNT", "blade": "butterfly", "other_weapon": "stun gun"}


def knows_words(request: Handler, listings: Listings) -> None:
    answers = [
        {
            "id": shown["id"],
            "clauses": {key: 100 * (word in shown["title"]) for key, word in WORDS.items()},
            "why": "by its words",
        }
        for shown in listings
    ]
    request.answer(completion(json.dumps({"answers": answers})))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "state").mkdir()
    # It starts from nothing, as a reader starts it.
    with new_server(tmp_path / "state", Server, with_tables=False) as server:
        yield server


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_the_commands_of_the_page_work(server: Server, tmp_path: Path) -> None:
    environ = {**server.environ, "COLUMNS": "200"}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    printed = []
    with Model() as model:
        model.reply = knows_words
        for block in BLOCKS:
            done = subprocess.run(
                ["sh", "-e", "-c", block.replace("http://127.0.0.1:8000/v1", model.url)],
                cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            printed.append(done.stdout)
        assert "8 of 8 test cases pass." in printed[1]
        assert "is shadow of weapons" in printed[1]
        assert "no violation was gained" in printed[2]
        assert "is champion of weapons" in printed[2]
        assert "weapons has no second stage any more" in printed[2]
        model.reply = lambda request, _: request.answer(completion("I would rather not."))
        refused = subprocess.run(
            ["sh", "-c", "mimawari second-stage put weapons-second.toml --reason again"],
            cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert refused.returncode == 1
    assert "cases[0].must[0]" in refused.stderr
    assert "'Glock 17 with two magazines' has no answer" in refused.stderr
