"""What the service writes is its owner's: the database, and the folder it lies in."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from bench.server import Server
from tests.service.warm import WarmServer

from mimawari.service.project.private import readable_by_others


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif("MIMAWARI_TEST_DATABASE_URL" in os.environ, reason="of SQLite's file")
def test_a_new_store(tmp_path: Path) -> None:
    server: Server = WarmServer(tmp_path)
    folder = tmp_path / "new" / "var"
    server.environ["MIMAWARI_STATE_DIR"] = str(folder)
    server.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{folder / 'store.db'}"
    assert server.command("topics", "install-starter", "--only", "weapons").returncode == 0
    assert mode(folder) == 0o700
    files = [path for path in folder.glob("store.db*") if path.stat().st_size]
    assert len(files) == 3  # the write-ahead log and its index beside it
    assert {mode(path) for path in files} == {0o600}
    assert "can be read by others" not in server.command("check").stdout
    folder.chmod(0o755)
    (folder / "store.db").chmod(0o644)
    said = server.command("check")
    assert said.returncode == 0
    assert (said.stdout + said.stderr).count("can be read by others") == 2


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"kept")
    script = (
        "import sys; from pathlib import Path; from mimawari.service.project import private;"
        " path = Path(sys.argv[1]); private.make_folder(path.parent); private.make_file(path)"
    )
    before = mode(path), mode(tmp_path)
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert path.read_bytes() == b"kept"
    assert (mode(path), mode(tmp_path)) == before


def test_what_others_may_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    path = folder / "store.db"
    path.touch(0o640)
    assert [problem.field for problem in readable_by_others(path, folder)] == [
        "database_url",
        "state_dir",
    ]
    assert readable_by_others(tmp_path / "none", tmp_path / "none") == []
