"""`mimawari erase` beside a running service, and what the files hold afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import psycopg
import pytest
from bench.server import Server, wait
from tests.media.drawn import encoded, scene
from tests.media.servers import Server as PictureServer
from tests.media.servers import ok, serving
from tests.service.conftest import new_key, new_server
from tests.service.picture_service import HERE
from tests.service.warm import Forked

from mimawari.listings.listing import Listing

SELLER, TEXT = "seller-xq7", "wobblefrotz"
ERASE = ("erase", SELLER, "--reason", "asked for")


@pytest.fixture
def origin() -> Iterator[PictureServer]:
    with serving() as server:
        server.answers["/own.png"] = ok(encoded(scene(1, 120, 160)))
        yield server


@pytest.fixture
def running(tmp_path: Path, origin: PictureServer) -> Iterator[Server]:
    """A server that knows weapons and keeps pictures."""
    with new_server(tmp_path) as server:
        server.environ |= {
            "MIMAWARI_IMAGE_ORIGINS": origin.base,
            "MIMAWARI_IMAGE_PRIVATE_NETWORKS": str(HERE),
        }
        made = server.command("topics", "install-starter", "--only", "weapons")
        assert made.returncode == 0, made.stderr
        server.start()
        server.in_force()
        yield server


@pytest.fixture
def client(running: Server) -> Iterator[httpx.Client]:
    with running.client(new_key(running)) as client:
        yield client


def send(client: httpx.Client, count: int, urls: tuple[str, ...] = ()) -> None:
    """Send listings of the seller in requests of few, so that they are in many batches."""
    for start in range(0, count, 20):
        lines = [
            msgspec.json.encode(
                Listing(
                    id=f"L{number}",
                    version=1,
                    seller_id=SELLER if number % 4 else "other",
                    title=f"Glock pistol {TEXT if number % 4 else ''}",
                    description=f"{TEXT} " * 50 if number % 4 else "",
                    image_urls=urls if number == 1 else (),
                )
            )
            for number in range(start, start + 20)
        ]
        client.post("/api/v1/listings:batch", content=b"\n".join(lines)).raise_for_status()


def stored(server: Server) -> bytes:
    """All that the database holds: SQLite's files as they are, free pages too."""
    if server.url.startswith("sqlite"):
        files = server.folder.glob("store.db*")
        return b"".join(file.read_bytes() for file in files)
    with psycopg.connect(server.url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [
            connection.execute(f'SELECT row_to_json(t)::text FROM "{name}" AS t').fetchall()  # type: ignore[arg-type]
            for (name,) in tables.fetchall()
        ]
    return repr(rows).encode()


def states(client: httpx.Client, listing_id: str) -> list[str]:
    """What the API says of the versions of a listing."""
    answer = client.get(f"/api/v1/listings/{listing_id}").raise_for_status()
    return [version["state"] for version in answer.json()["versions"]]


def media(server: Server) -> list[Path]:
    return [path for path in (server.folder / "media").rglob("*") if path.is_file()]


def test_no_file_holds_it_any_more(
    running: Server, client: httpx.Client, origin: PictureServer
) -> None:
    send(client, 100, (f"{origin.base}/own.png",))
    running.drained()
    wait(lambda: len(media(running)) == 1, 60)
    wait(lambda: b"own.png" in stored(running), 60)
    assert TEXT.encode() in stored(running)
    counted = running.command(*ERASE, "--dry-run")
    assert counted.stdout.startswith("Would erase 75 listing versions.\n"), counted.stderr
    done = running.command(*ERASE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Erased 75 listing versions.\nWith them: texts of 75 scores, ")
    assert "1 notes of pictures, 1 pictures." in done.stdout
    assert done.stdout.endswith("still hold it: see docs/operate.md.\n")
    for word in (TEXT, SELLER, "own.png"):
        assert word.encode() not in stored(running), word
    assert media(running) == []
    verified = running.command("audit", "verify")
    assert verified.returncode == 0, verified.stderr
    assert states(client, "L1") == ["erased"]
    again = running.command(*ERASE)
    assert again.returncode == 1
    assert f"seller: no listing is of '{SELLER}'" in again.stderr


def test_it_goes_on_after_a_kill(running: Server, client: httpx.Client, tmp_path: Path) -> None:
    send(client, 2_000)
    running.drained()
    streams = [tmp_path / name for name in ("in", "out", "err")]
    streams[0].touch()
    command = Forked(running.environ, ERASE, *streams)
    wait(lambda: states(client, "L1") == ["erased"] or command.poll() is not None, 60)
    assert command.poll() is None, "it is not done yet"
    os.kill(command.pid, signal.SIGKILL)
    command.wait(30)
    left = running.command(*ERASE, "--dry-run")
    count = int(left.stdout.split()[2].replace(",", ""))
    assert 0 < count < 1_500
    assert running.command("audit", "verify").returncode == 0
    done = running.command(*ERASE)
    assert done.stdout.startswith(f"Erased {count:,} listing versions.\n"), done.stderr
    # FTS5 keeps tokens of what was taken out until the indexer comes to the erasure.
    wait(lambda: TEXT.encode() not in stored(running), 60)
    assert running.command("audit", "verify").returncode == 0
