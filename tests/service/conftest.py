"""A small generation and listings for the tests of the service."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from bench.server import Server, postgres_database
from bench.word_topic import TOPIC
from tests.acting import TESTS
from tests.service.made_stores import made_store
from tests.service.warm import WarmServer

from mimawari.listings.listing import Listing
from mimawari.service.releases.activating import activate_topic_files

collect_ignore = ["preloaded.py"]  # no tests, and slow to import: it is for forks alone


@pytest.fixture
def topic_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of topic files with one word rule."""

    def make(topic: str = "weapons", word: str = "pistol", capacity: int = 3) -> Path:
        path = tmp_path / f"{topic}.toml"
        path.write_text(TOPIC.format(topic=topic, word=word, capacity=capacity), "utf-8")
        return path

    return make


@pytest.fixture
def generation(db: None, topic_file: Callable[..., Path]) -> int:
    """Put two topics in force."""
    files = [topic_file(), topic_file("drugs", "weed", 2)]
    return activate_topic_files(files, TESTS, "set-up")


def listing(number: int = 1, title: str = "a cup", version: int = 1) -> Listing:
    """Make a listing."""
    return Listing(id=f"L{number}", version=version, seller_id="s", title=title)


@contextmanager
def new_server(
    folder: Path, kind: type[Server] = WarmServer, with_tables: bool = True
) -> Iterator[Server]:
    """Give a server, not started, with its own store on the engine under test."""
    postgres = os.environ.get("MIMAWARI_TEST_DATABASE_URL")
    empty = postgres_database(postgres) if postgres else nullcontext()
    with made_store(folder, postgres) if with_tables else empty as url:
        server = kind(folder, url)
        yield server
        server.stop()


SCOPES = ("--scope", "listings:write", "--scope", "listings:check", "--scope", "listings:read")
REVIEWS = ("--scope", "reviews:write", "--moderator")
EVENTS = ("--scope", "events:read", "--scope", "webhooks:write")
ACTIONS = ("--scope", "actions:read", "--scope", "actions:write")
TRIALS = ("--scope", "trials:read", "--scope", "trials:write", "--scope", "quality:read")

EXPORTS = ("--scope", "exports:read")
MODELS = (
    *("--scope", "models:write", "--scope", "cases:write", "--scope", "campaigns:write"),
    *("--scope", "alarms:write"),
)


def new_key(server: Server, *scopes: str) -> str:
    """Make a key with the command; all scopes by default."""
    made = server.command("keys", "create", "tests", *(scopes or SCOPES))
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a running server with the starter pack's weapons and drugs."""
    with new_server(tmp_path_factory.mktemp("server")) as one:
        said = one.command(
            "topics", "install-starter", "--only", "weapons", "--only", "drugs_controlled"
        )
        assert said.returncode == 0, said.stderr
        one.start()
        yield one


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    """Give a key with all scopes, that decides as anna."""
    made = server.command("accounts", "add", "anna", "--no-password")
    assert made.returncode == 0, made.stderr
    return new_key(server, *SCOPES, *ACTIONS, *EVENTS, *TRIALS, *EXPORTS, *MODELS, *REVIEWS, "anna")
