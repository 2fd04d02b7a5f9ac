"""Webhooks: from a decision to its arrival, and what kills of relays and receiver lose: nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from bench.delivery.arrivals import Arrival, Receiver
from bench.delivery.load import Load
from bench.environment import aim, result, rounded, write
from bench.kills import said
from bench.kills.rows import Rows
from bench.postgres import own_postgres
from bench.server import Server, free_port, wait
from bench.word_topic import TOPIC

AIM_SECONDS = 1.0
DRAINED_SECONDS = 120
HOST = "127.0.0.1"


class Outcome(msgspec.Struct, frozen=True):
    """What a run came to.

    Parameters
    ----------
    lost, out_of_order, again
        Events that never arrived, listings whose events first arrived in another order than they
        happened, and arrivals of what had arrived.
    """

    kills: dict[str, int]
    decided: int
    events: int
    lost: int
    out_of_order: int
    again: int
    errors: list[str]
    seconds: list[float]

    def quantile(self, share: float) -> float:
        """Give a quantile of the seconds from sending a decision to its arrival."""
        return rounded(float(np.quantile(self.seconds, share)))


class Installation:
    """A server with one topic, a shop, a moderator, and an endpoint."""

    def __init__(self, server: Server) -> None:
        self.server = server
        server.environ["MIMAWARI_WEBHOOK_PRIVATE_HOSTS"] = HOST
        path = server.folder / "drugs.toml"
        text = TOPIC.format(topic="drugs", capacity=1_000_000, word="weed")
        path.write_text(text, "utf-8")
        said(server, "rules", "activate", str(path), "--reason", "bench")
        said(server, "accounts", "add", "anna", "--no-password")
        reviews = ("--scope", "reviews:write", "--moderator", "anna")
        self.shop = said(server, "keys", "create", "shop", "--scope", "listings:write")
        self.moderator = said(server, "keys", "create", "anna", *reviews)
        self.reader = said(server, "keys", "create", "feed", "--scope", "events:read")
        self.receiver = Receiver(free_port(), server.folder / "arrivals.log")
        said(server, "webhooks", "add", f"http://{HOST}:{self.receiver.port}/")

    def feed(self) -> list[dict[str, Any]]:
        """Read all that happened."""
        events, after = [], ""
        with self.server.client(self.reader) as client:
            while True:
                query = {"after": after, "limit": "1000"}
                page = client.get("/api/v1/events", params=query).raise_for_status().json()
                events += page["events"]
                after = page["next"]
                if not page["more"] and not page["events"]:
                    return events


class Relays:
    """Relays that are killed: that of the server, and one more that starts again at once."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._rows = Rows(server.url)
        self._own: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the one."""
        command = [sys.executable, "-m", "mimawari", "run", "relay"]
        with self.server.log.open("ab") as log:
            environ = self.server.environ
            self._own = subprocess.Popen(command, env=environ, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill all of them, and start the one again."""
        assert self.server.process is not None
        children = psutil.Process(self.server.process.pid).children()
        alive = {child.pid for child in children}
        known = self._rows("SELECT pid FROM platform_roleprocess WHERE role = 'relay'")
        for (pid,) in known:
            if pid in alive:
                with suppress(psutil.NoSuchProcess):
                    psutil.Process(int(str(pid))).kill()
        self.end()
        self.start()

    def end(self) -> None:
        """Kill the one."""
        if self._own is not None:
            self._own.kill()
            self._own.wait()


def run(server: Server, times: int, decisions: int, seed: int = 1) -> Outcome:
    """Decide so often, and kill so often meanwhile; then compare what arrived with the feed."""
    installation = Installation(server)
    receiver, relays, moments = installation.receiver, Relays(server), random.Random(seed)
    kills = {"relay": 0, "receiver": 0}
    receiver.start()
    server.start()
    server.in_force()
    load = Load(server, installation.shop, installation.moderator, 0.05 if times else 0.3)
    if times:
        relays.start()
    load.start()
    try:
        wait(lambda: len(load.decided) >= 3, 60)
        while sum(kills.values()) < times:
            time.sleep(moments.uniform(0.2, 1.5))  # the moment is the point
            name = moments.choice(sorted(kills))
            if name == "relay":
                relays.kill()
            else:
                receiver.kill()
                receiver.start()
            kills[name] += 1
        wait(lambda: len(load.decided) >= decisions, 60 + 2 * decisions)
    finally:
        load.end()
    errors = list(load.errors)
    rows = Rows(server.url)
    try:
        server.drained(DRAINED_SECONDS)  # what is scored later opens alerts, which are events too
        wait(lambda: _is_settled(installation, load, rows), DRAINED_SECONDS)
    except TimeoutError as error:
        errors.append(f"events wait: {error}")
    feed, arrived = installation.feed(), receiver.arrivals()
    relays.end()
    receiver.kill()
    server.stop()
    return _outcome(kills, load, feed, arrived, errors)


def _is_settled(installation: Installation, load: Load, rows: Rows) -> bool:
    """Whether the feed tells of all decisions, and the receiver has written down all of it."""
    feed = installation.feed()
    told = {event["id"] for event in feed}
    decided = {e["data"]["alert"] for e in feed if e["type"] == "decision.made"}
    if not load.decided.keys() <= decided:
        return False
    waiting = rows("SELECT count(*) FROM delivery_delivery")[0][0]
    arrived = {arrival.id for arrival in installation.receiver.arrivals()}
    return not waiting and told <= arrived


def _outcome(
    kills: dict[str, int],
    load: Load,
    feed: list[dict[str, Any]],
    arrived: list[Arrival],
    errors: list[str],
) -> Outcome:
    first: dict[str, Arrival] = {}
    for arrival in arrived:
        first.setdefault(arrival.id, arrival)
    told: dict[str, list[str]] = {}
    for event in feed:
        told.setdefault(event["data"]["listing_id"], []).append(event["id"])
    came: dict[str, list[str]] = {}
    for arrival in first.values():
        came.setdefault(arrival.listing, []).append(arrival.id)
    decisions = {one.alert: one.at for one in first.values() if one.type == "decision.made"}
    lost = {event["id"] for event in feed} - first.keys()
    return Outcome(
        kills=kills,
        decided=len(load.decided),
        events=len(feed),
        lost=len(lost) + len(load.decided.keys() - decisions.keys()),
        out_of_order=sum(came.get(listing, []) != ids for listing, ids in told.items()),
        again=len(arrived) - len(first),
        errors=errors,
        seconds=[
            decisions[alert] - sent for alert, sent in load.decided.items() if alert in decisions
        ],
    )


def on_store(store: str, times: int, decisions: int) -> Outcome:
    """Run on SQLite, or on a PostgreSQL of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(own_postgres(80)).url if store == "postgresql" else None
        server = Server(folder, url)
        stack.callback(server.stop)
        return run(server, times, decisions)


def main(quick: bool = False) -> dict[str, Any]:
    """Measure the way of a decision undisturbed, then under kills, on both stores."""
    times, decisions = (4, 15) if quick else (100, 400)
    aims, figures = [], {}
    for store in ("sqlite", "postgresql"):
        calm, killed = on_store(store, 0, decisions), on_store(store, times, decisions)
        for name, outcome in (("calm", calm), ("killed", killed)):
            values = msgspec.to_builtins(outcome)
            values["seconds"] = {f"p{p}": outcome.quantile(p / 100) for p in (50, 95, 99)}
            figures[f"{store}, {name}"] = values
            print(store, name, values, flush=True)
        aims += [
            aim(f"Decision to delivered, p99, s, {store}", AIM_SECONDS, calm.quantile(0.99), True),
            aim(f"Kills of relays and receiver, {store}", times, sum(killed.kills.values())),
            aim(f"Events lost, {store}", 0, calm.lost + killed.lost, True),
            aim(
                f"Listings out of order, {store}", 0, calm.out_of_order + killed.out_of_order, True
            ),
            aim(f"Wrong answers, {store}", 0, len(calm.errors) + len(killed.errors), True),
        ]
    told = result(aims, figures)
    if not quick:
        write("delivery", told)
    return told


if __name__ == "__main__":
    print(main())
