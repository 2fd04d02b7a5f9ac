"""Killed at any moment, the service loses nothing that it acknowledged, and scores it once."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.killing import Killing
from tests.service.conftest import new_key, new_server

pytestmark = pytest.mark.xdist_group("kill")


def test_kills_lose_nothing(tmp_path: Path) -> None:
    with new_server(tmp_path) as server:
        assert server.command("topics", "install-starter", "--only", "weapons").returncode == 0
        killing = Killing(server, new_key(server), seed=1)
        for _ in range(3):
            killing.once()
        told = killing.verdict()
        audit = server.command("audit", "verify")
    assert told.acknowledged > 0
    assert told.kills == 3
    assert told.lost == []
    assert told.unscored == []
    assert told.twice == []
    assert audit.returncode == 0, audit.stderr
    assert "Nothing was changed" in audit.stdout
