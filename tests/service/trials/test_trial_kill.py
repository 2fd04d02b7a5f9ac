"""A server killed again and again in the middle of a back-test: same items, same evidence."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench.server import Server, wait
from tests.service.conftest import new_key, new_server
from tests.service.trials.store_script import REVIEWS

pytestmark = pytest.mark.xdist_group("kill")
KILLS = 4


def script(server: Server, *words: str) -> dict[str, Any]:
    """Run the script on the server's store, and read what it prints."""
    command = [sys.executable, "-m", "tests.service.trials.store_script", *words]
    done = subprocess.run(
        command, env=server.environ, capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Reviewer:
    """Decides by the truth through the API, whenever the server is there."""

    def __init__(self, server: Server, key: str, truth: dict[str, bool]) -> None:
        self.server, self.key, self.truth = server, key, truth
        self.stop = threading.Event()
        self.saved: set[int] = set()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.work()
            except httpx.TransportError:
                self.stop.wait(0.05)

    def work(self) -> None:
        with self.server.client(self.key) as client:
            while not self.stop.is_set():
                answer = client.post("/api/v1/reviews:next", json={})
                if answer.status_code != 200:
                    self.stop.wait(0.05)
                    continue
                item = answer.json()
                verdict = "violates" if self.truth[item["listing"]["id"]] else "does_not_violate"
                path = f"/api/v1/reviews/{item['alert']}"
                if client.post(path, json={"verdict": verdict}).status_code == 200:
                    self.saved.add(item["alert"])


def all_looked_at(told: dict[str, Any]) -> bool:
    """Whether all that was asked is decided, and the role has looked at it.

    A kill may come between a verdict and its answer, so what was answered is no measure.
    """
    steps = told["look"][0] if told["look"] else 0
    return len(told["decided"]) >= REVIEWS and steps == len(told["folded"])


def test_kills_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    with new_server(tmp_path) as server:
        begun = script(server, "history", str(tmp_path))
        made = server.command("accounts", "add", "anna", "--no-password")
        assert made.returncode == 0, made.stderr
        key = new_key(server, "--scope", "reviews:write", "--moderator", "anna")
        reviewer = Reviewer(server, key, begun["truth"])
        reviewer.thread.start()
        try:
            for _ in range(KILLS):
                server.start()
                threading.Event().wait(chance.uniform(0.2, 2.5))
                server.kill()
            server.start()
            number = str(begun["trial"])
            wait(lambda: all_looked_at(script(server, "told", number)), 240)
        finally:
            reviewer.stop.set()
            reviewer.thread.join()
        told = script(server, "told", number)
        server.stop()
        undisturbed = script(server, "again", number)
    assert told["items"] == undisturbed["items"]
    assert told["rounds"] == 14
    assert told["events"][:2] == ["started", "prepared"]
    assert told["events"][2:] in ([], ["ended"])
    assert reviewer.saved <= set(told["decided"]), "a verdict that was acknowledged is lost"
    # The first steps were dealt, each once, and as many as a day may ask for.
    assert len(told["dealt"]) == len(set(told["dealt"])) == REVIEWS
    assert told["look"] == [len(told["folded"]), pytest.approx(told["folded"][-1])]
