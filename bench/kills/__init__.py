"""Kills of any role, of the parent and of PostgreSQL under load; then the books are checked."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from bench.environment import aim, result, write
from bench.kills.books import Books, audit, over_capacity
from bench.kills.load import Load
from bench.kills.lock_probe import LockProbe
from bench.kills.rows import Rows
from bench.kills.victims import Victims
from bench.postgres import own_postgres
from bench.server import Server, wait
from bench.word_topic import TOPIC

# The list of weapons is full at once; that of drugs has room for all, so moderators have work.
CAPACITIES = {"weapons": 30, "drugs": 1_000_000}
WORDS = {"weapons": "pistol", "drugs": "weed"}
MODERATORS = ("anna", "ben")
# Less than a lease of a scorer: what the dead held is free as soon as another one looks.
DRAINED_SECONDS = 50
CONNECTIONS = 80


class Outcome(msgspec.Struct, frozen=True):
    """What a run of kills came to.

    Parameters
    ----------
    drained_seconds
        Until all was worked off after the last kill.
    lock_seconds
        The longest wait for SQLite's write lock.
    locked
        How often a role's log says "database is locked".
    """

    kills: dict[str, int]
    versions: int
    decisions: int
    seconds: float
    drained_seconds: float
    lock_seconds: float | None
    locked: int
    books: Books
    wrong: list[str]
    verified: bool

    def figures(self) -> dict[str, object]:
        """Give what is written down; of the books the sums."""
        books = {name: len(getattr(self.books, name)) for name in self.books.__struct_fields__}
        rest = {n: getattr(self, n) for n in self.__struct_fields__ if n not in {"books", "wrong"}}
        return {**rest, **books, "wrong_answers": len(self.wrong), "all_kills": self.all_kills}

    @property
    def all_kills(self) -> int:
        """How often something was killed."""
        return sum(self.kills.values())


def prepare(server: Server) -> tuple[str, dict[str, str]]:
    """Put two topics in force and make keys; gives that of a shop and those of moderators."""
    paths = []
    for topic, capacity in CAPACITIES.items():
        path = server.folder / f"{topic}.toml"
        path.write_text(TOPIC.format(topic=topic, capacity=capacity, word=WORDS[topic]), "utf-8")
        paths.append(str(path))
    for path in paths:
        said(server, "rules", "activate", path, "--reason", "kills")
    for name in MODERATORS:
        said(server, "accounts", "add", name, "--no-password")
    shop = said(server, "keys", "create", "shop", "--scope", "listings:write")
    words = ("--scope", "reviews:write", "--moderator")
    return shop, {m: said(server, "keys", "create", m, *words, m) for m in MODERATORS}


def said(server: Server, *words: str) -> str:
    """Run a command; gives what it printed."""
    done = server.command(*words)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr}")
    return done.stdout.strip()


def killed(server: Server, victims: Victims, times: int, seed: int) -> Outcome:
    """Kill so often under load, let all be worked off, and check the books."""
    shop, moderators = prepare(server)
    load, rows = Load(server, shop, moderators, seed), Rows(server.url)
    server.start()
    server.in_force()
    began = time.monotonic()
    load.start()
    path = server.url.removeprefix("sqlite:///")
    probe = LockProbe(path) if path != server.url else None
    if probe:
        probe.start()
    over: list[str] = []
    try:
        wait(lambda: bool(load.decided), DRAINED_SECONDS)  # all that can be hit is under way
        while victims.killed.total() < times:
            victims.kill_one()
            over += over_capacity(rows, CAPACITIES)
    finally:
        load.end()
        if probe:
            probe.end()
    ended = time.monotonic()
    problems = list(load.errors)
    try:
        server.drained(DRAINED_SECONDS)
    except TimeoutError as error:
        problems.append(f"work waits: {error}")
    drained = time.monotonic() - ended
    server.stop()
    books = audit(load, rows, CAPACITIES)
    verified = server.command("audit", "verify")
    if verified.returncode:
        problems.append(verified.stdout + verified.stderr)
    return Outcome(
        kills=dict(sorted(victims.killed.items())),
        versions=len(load.acknowledged),
        decisions=len(load.decided),
        seconds=round(ended - began, 1),
        drained_seconds=round(drained, 1),
        lock_seconds=round(probe.longest, 2) if probe else None,
        locked=server.log.read_text("utf-8", "replace").count("database is locked"),
        books=msgspec.structs.replace(books, over_capacity=books.over_capacity + over),
        wrong=problems + [f"{count} x {answer}" for answer, count in sorted(load.wrong.items())],
        verified=verified.returncode == 0,
    )


def on_store(store: str, times: int, seed: int = 1) -> Outcome:
    """Run on SQLite, or on a PostgreSQL of its own that is killed too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = None
        if store == "postgresql":
            postgres = stack.enter_context(own_postgres(CONNECTIONS))
        server = Server(folder, postgres.url if postgres else None)
        stack.callback(server.stop)
        return killed(server, Victims(server, postgres, seed), times, seed)


def main(quick: bool = False) -> dict[str, Any]:
    """Kill on both stores."""
    times = 20 if quick else 300
    aims, figures = [], {}
    for store in ("sqlite", "postgresql"):
        outcome = on_store(store, times)
        figures[store] = outcome.figures()
        books = outcome.books
        print(store, msgspec.json.encode(outcome).decode()[:4_000], flush=True)
        counts = {
            "acknowledged and lost": len(books.lost),
            "doubled": len(books.doubled),
            "waiting for ever": len(books.waiting),
            "lists over their capacity": len(books.over_capacity),
            "wrong answers": len(outcome.wrong),
            "findings of audit verify": int(not outcome.verified),
        }
        aims.append(aim(f"Kills under load, {store}", times, outcome.all_kills))
        aims += [aim(f"{n}, {store}", 0, count, at_most=True) for n, count in counts.items()]
    told = result(aims, figures)
    if not quick:
        write("kills", told)
    return told


if __name__ == "__main__":
    print(main())
