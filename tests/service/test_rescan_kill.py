"""A rescan whose process is killed goes on where it was, and finds what it would have found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.server import Server
from bench.word_topic import TOPIC
from tests.service.conftest import new_server
from tests.service.rescan.acting import WORD

LISTINGS = 120
SWORDS = range(0, LISTINGS, 3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Server]:
    """Give a stopped server whose listings were scored before the rule was written."""
    folder = tmp_path / "state"
    folder.mkdir()
    topic = tmp_path / "weapons.toml"
    topic.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=5), "utf-8")
    lines = [
        {
            "id": f"L{n}",
            "version": 1,
            "seller_id": "s",
            "title": "a sword" if n in SWORDS else "a cup",
        }
        for n in range(LISTINGS)
    ]
    offered = tmp_path / "listings.jsonl"
    offered.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with new_server(folder) as server:
        server.environ["COLUMNS"] = "250"  # no table is broken into lines
        run(server, "rules", "activate", str(topic), "--reason", "tests")
        server.start()
        run(server, "ingest", str(offered))
        server.drained()
        rule = WORD.format(id="sword", word="sword", severity="high")
        topic.write_text(topic.read_text("utf-8") + rule, "utf-8")
        run(server, "rules", "activate", str(topic), "--force", "--reason", "swords")
        yield server


def run(server: Server, *words: str) -> str:
    done = server.command(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def scored(server: Server) -> int:
    """Give how many listings the list says were scored."""
    found = re.search(r"([\d,]+) of 120", run(server, "rescan", "list"))
    return int(found[1]) if found else 0


def test_a_killed_rescan_goes_on(store: Server) -> None:
    command = [sys.executable, "-m", "mimawari", "rescan", "--topic", "weapons"]
    dry = run(store, "rescan", "--topic", "weapons", "--dry-run", "--rate", "10000")
    assert "120 live listings were scored, 40 found" in dry
    assert "The best 7 would be put before moderators, 1 of 5 a day at most: 7 days." in dry
    slow = [*command, "--reason", "swords are new", "--rate", "2", "--most", "30"]
    process = subprocess.Popen(slow, env=store.environ, stdout=subprocess.DEVNULL)
    try:
        while not (before := scored(store)):
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert 0 < before < LISTINGS
    again = run(store, "rescan", "--topic", "weapons", "--rate", "10000")
    behind = re.search(r"Rescan 1 of weapons goes on behind (\d+) listings", again)
    assert behind is not None
    assert before <= int(behind[1]) < LISTINGS
    assert "120 live listings were scored, 40 found" in again
    assert "The best 30 are put before moderators" in again
    assert "Rescan 1 of weapons is stopped" in run(
        store, "rescan", "stop", "1", "--reason", "enough"
    )
