"""What does asking a remote model cost beside the model, and what do groups and cache save?

    python -m bench remote

Titles of market listings go to an endpoint on this machine that answers at once, in a process of
its own. Then one listing in a hundred makes the answer of its whole group unreadable. Writes
bench/results/remote.json.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import aim, result, rounded, write
from bench.quality import DATA, read
from mimawari.detectors.remote import RemoteDetector, RemoteOptions
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

LISTINGS, POISONED, PER_REQUEST = 4_000, 0.01, 8
POISON = "POISON"
POLICY = "Weapons, their parts and ammunition may not be sold."


class Instant(BaseHTTPRequestHandler):
    """Answers at once; with prose, where any listing of the group is poisoned."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body["messages"][1]["content"]
        asked = json.loads(text)["listings"]
        answers = [
            {"id": one["id"], "violates": len(one["title"]) % 101, "why": "w"} for one in asked
        ]
        told = "I would rather not." if POISON in text else json.dumps({"answers": answers})
        usage = {"prompt_tokens": len(text) // 4, "completion_tokens": len(told) // 4}
        content = json.dumps({"choices": [{"message": {"content": told}}], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the table."""


def serve(told: Connection) -> None:
    """Serve until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Instant)
    told.send(server.server_port)
    server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    """Run an endpoint as a process of its own; gives its address."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def sample(count: int) -> list[Listing]:
    """Draw listings of the market."""
    rows = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    return [
        Listing(id=str(n), version=1, seller_id="s", title=row["title"][:400])
        for n, row in enumerate(random.Random(0).sample(rows, count))
    ]


def run(
    url: str, batch: ListingBatch, per_request: int, cache: Path | None = None
) -> dict[str, float]:
    """Score once, and measure."""
    options = RemoteOptions(base_url=url, model="instant", per_request=per_request)
    with RemoteDetector("weapons", POLICY, options, cache=cache) as detector:
        start = time.perf_counter()
        scores = detector.score(batch)
        spent = time.perf_counter() - start
        return {
            "listings": len(batch),
            "requests": detector.tally.requests,
            "without_an_opinion": int(np.isnan(scores).sum()),
            "milliseconds_a_listing": rounded(1_000 * spent / len(batch)),
        }


def poisoned(listings: list[Listing]) -> ListingBatch:
    """Let some listings spoil the answer of their group."""
    bad = set(random.Random(1).sample(range(len(listings)), round(POISONED * len(listings))))
    return ListingBatch.of(
        [
            Listing(
                id=one.id,
                version=1,
                seller_id="s",
                title=f"{POISON} {n}" if n in bad else one.title,
            )
            for n, one in enumerate(listings)
        ]
    )


def main(quick: bool = False) -> dict[str, Any]:
    """Run all of it."""
    listings = sample(LISTINGS // 10 if quick else LISTINGS)
    batch = ListingBatch.of(listings)
    with endpoint() as url, tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "answers.sqlite"
        run(url, ListingBatch.of(listings[:8]), 1)  # the first request opens connections
        alone = run(url, batch, 1)
        grouped = run(url, batch, PER_REQUEST, cache)
        again = run(url, batch, PER_REQUEST, cache)
        spoilt = run(url, poisoned(listings), PER_REQUEST)
    lost = spoilt["without_an_opinion"] - round(POISONED * len(listings))
    aims = [
        aim("milliseconds a listing beside the model, 8 a request", 5,
            grouped["milliseconds_a_listing"], at_most=True),
        aim("milliseconds a listing from the cache", 0.2,
            again["milliseconds_a_listing"], at_most=True),
        aim("share of requests saved by groups of 8", 0.85,
            1 - grouped["requests"] / alone["requests"]),
        aim("requests of a second run", 0, again["requests"], at_most=True),
        aim("opinions that other sellers' spoilt answers cost", 0, lost, at_most=True),
    ]  # fmt: skip
    figures = {"alone": alone, "in_groups": grouped, "again": again, "one_in_100_spoils": spoilt}
    told = result(aims, figures)
    if not quick:
        write("remote", told)
    return told
