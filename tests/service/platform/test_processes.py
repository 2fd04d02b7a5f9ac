"""Roles as processes: started again when they die, gone with their parent, one where one may be."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from bench.server import Server, wait
from tests.service.conftest import new_server
from tests.service.warm import Forked
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.errors import InvalidInputError
from mimawari.service.project import roles

LEASE_WAIT = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with new_server(tmp_path) as one:
        yield one


def health(server: Server) -> dict[str, object]:
    answer: dict[str, object] = httpx.get(f"{server.address}/health").json()
    return answer


def pids(server: Server) -> dict[str, list[int]]:
    """Give the processes of each role, as `mimawari ps` shows them."""
    found: dict[str, list[int]] = {}
    for line in server.command("ps").stdout.splitlines():
        cells = [cell.strip() for cell in line.split("│")]
        if len(cells) > 3 and cells[3].isdigit() and "lost" not in cells[8]:
            found.setdefault(cells[1], []).append(int(cells[3]))
    return found


def start(server: Server) -> None:
    server.environ["COLUMNS"] = "200"
    server.start()
    wait(lambda: health(server)["status"] == "ok", 60)


def test_the_help_of_run_names_every_role() -> None:
    help_ = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["run", "--help"]).output
    assert all(role in help_ for role in roles.ROLES)


def test_serve_runs_each_role_in_a_process_and_ends_them_all(server: Server) -> None:
    start(server)
    running = pids(server)
    assert set(running) == {"edge", "scorer", "admitter", "relay", "indexer", "trials", "keeper"}
    assert all(len(numbers) == 1 for numbers in running.values())
    server.stop()
    assert server.process is not None
    assert server.process.poll() == 0
    assert not any(psutil.pid_exists(pid) for numbers in running.values() for pid in numbers)
    done = server.command("ps")
    assert done.returncode == 1
    assert "Missing: admitter, edge, indexer, keeper, relay, scorer, trials." in done.stderr


def test_a_role_that_dies_starts_again(server: Server) -> None:
    start(server)
    before = pids(server)
    for role in ("scorer", "admitter", "edge", "keeper"):
        os.kill(before[role][0], signal.SIGKILL)
    wait(lambda: health(server)["status"] == "ok", 60)
    after = pids(server)
    assert after["trials"] == before["trials"]
    assert all(after[role] != before[role] for role in ("scorer", "admitter", "edge", "keeper"))
    assert all(len(numbers) == 1 for numbers in after.values())
    assert server.log.read_text("utf-8").count("starts again in 0.25 s") == 4


def test_children_end_with_a_parent_that_is_killed(server: Server) -> None:
    start(server)
    running = [pid for numbers in pids(server).values() for pid in numbers]
    server.kill()
    wait(lambda: not any(_runs(pid) for pid in running), 30)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_port_that_is_taken_is_told(server: Server) -> None:
    start(server)
    done = server.command("serve", "--port", str(server.port))
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert "choose another --host or --port" in " ".join(done.stderr.split())


@contextmanager
def role(server: Server, name: str, log: str) -> Iterator[Forked]:
    """Run one role by itself."""
    path = server.folder / log
    process = Forked(server.environ, ("run", name), Path(os.devnull), path, path)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.skipif("MIMAWARI_TEST_DATABASE_URL" in os.environ, reason="any number may run there")
def test_a_second_scorer_on_sqlite_is_refused(server: Server) -> None:
    start(server)
    done = server.command("run", "scorer")
    assert done.returncode == 1
    pid = pids(server)["scorer"][0]
    assert f"scorer: is run by process {pid} on " in done.stderr
    server.stop()
    with role(server, "scorer", "scorer.log"):
        wait(lambda: "scorer" in pids(server), 60)


def test_a_second_keeper_takes_over_from_one_that_hangs(server: Server) -> None:
    server.environ["COLUMNS"] = "200"
    with role(server, "keeper", "first.log") as first:
        wait(lambda: _holder(server) is not None, 60)
        holder = _holder(server)
        with role(server, "keeper", "second.log"):
            wait(lambda: len(pids(server).get("keeper", [])) == 2, 60)
            assert _holder(server) == holder, "the second waits"
            os.kill(first.pid, signal.SIGSTOP)
            wait(lambda: _holder(server) not in {None, holder}, LEASE_WAIT)
            taken = _holder(server)
            os.kill(first.pid, signal.SIGCONT)
            wait(lambda: "is lost to another process" in _log(server, "first.log"), 60)
            assert _holder(server) == taken


def _log(server: Server, name: str) -> str:
    return (server.folder / name).read_text("utf-8", "replace")


def _holder(server: Server) -> str | None:
    """Read who holds the keeper's lease."""
    query = "SELECT holder FROM platform_lease WHERE name = 'keeper'"
    rows = read(server, query)
    return rows[0][0] if rows else None


def read(server: Server, query: str) -> list[tuple[str]]:
    if server.url.startswith("sqlite"):
        import sqlite3
        from contextlib import closing

        path = server.url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as database:
            try:
                return list(database.execute(query))
            except sqlite3.OperationalError:  # the tables are being made
                return []
    import psycopg

    with psycopg.connect(server.url) as database:
        try:
            return list(database.execute(query.encode()))
        except psycopg.errors.UndefinedTable:
            return []


def test_an_unknown_role_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="'cook' is unknown; use one of edge, scorer"):
        roles.role_of("cook")
    with pytest.raises(InvalidInputError, match="media has nothing to do"):
        roles.role_of("media")
