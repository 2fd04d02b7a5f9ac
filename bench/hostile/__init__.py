"""Does the edge take anything? Wrong requests to every route and page, and clients that mean harm.

    python -m bench hostile
    python -m bench hostile --quick    (2,000 requests, half a minute)

100,000 requests, each a good one of some route of the API or page of the console with one to three
things wrong (method, path, query, header, bytes, a value somewhere inside the body), drawn by seed
0, over 16 connections with a key and a session that may do everything. Beside them 1,000 clients
that mean harm (`bench.hostile.clients`). Then, for a minute, the same clients and four that send
batches without a pause, while `/health` is asked ten times a second and single listings are sent
twenty times a second, each on a connection where nothing else waits, beside the same minute with
nobody else. Memory is resident memory, the largest of samples taken every quarter second: of the
process that serves, and of all processes of the service together. One server process and its roles
on SQLite, five topics by rules. Writes bench/results/hostile.json.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.environment import aim, result, rounded, write
from bench.hostile.memory import Memory
from bench.hostile.probes import Latency, undisturbed
from bench.hostile.sending import Identity, Summary, send
from bench.server import Server

REQUESTS, SECONDS = 100_000, 60.0


def main(quick: bool = False) -> dict[str, Any]:
    """Measure, on SQLite."""
    requests, seconds = (2_000, 10.0) if quick else (REQUESTS, SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        identity = _prepared(server)
        server.start()
        try:
            server.in_force()
            figures = _measured(server, identity, requests, seconds)
        finally:
            server.stop()
        tracebacks = server.log.read_text("utf-8", "replace").count("Traceback")
    measured = asdict(figures)
    measured |= measured.pop("answers")
    written = result(_aims(figures), {**measured, "tracebacks": tracebacks})
    if not quick:
        write("hostile", written)
    return written


def _prepared(server: Server) -> Identity:
    command = [sys.executable, "-m", "bench.hostile.prepare", "5000"]
    made = subprocess.run(command, env=server.environ, stdout=subprocess.PIPE, check=True)
    return Identity(**json.loads(made.stdout.splitlines()[-1]))


@dataclass(frozen=True)
class Figures:
    """What was answered, and how long ordinary requests took alone and beside hostile clients."""

    requests: int
    answers: Summary
    alone: dict[str, float]
    beside_hostile_clients: dict[str, float]
    edge_mb: float
    all_processes_mb: float


def _measured(server: Server, identity: Identity, requests: int, seconds: float) -> Figures:
    assert server.process is not None
    alone = asyncio.run(undisturbed(server, identity.key, seconds))
    with Memory(server.process.pid) as memory, _hostile_clients(server, identity):
        answers = asyncio.run(send(server, identity, requests))
        print(answers.summary(), file=sys.stderr, flush=True)
        beside = asyncio.run(undisturbed(server, identity.key, seconds, batches=4))
    return Figures(
        requests=requests,
        answers=answers.summary(),
        alone=_latency(alone),
        beside_hostile_clients=_latency(beside),
        edge_mb=rounded(memory.largest_process / 1e6),
        all_processes_mb=rounded(memory.largest_sum / 1e6),
    )


def _latency(latency: Latency) -> dict[str, float]:
    return {name: rounded(value) for name, value in latency.summary().items()}


@contextmanager
def _hostile_clients(server: Server, identity: Identity) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.hostile.clients", str(server.port), identity.key]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _aims(figures: Figures) -> list[dict[str, Any]]:
    beside = figures.beside_hostile_clients
    return [
        aim("Mutated requests answered 5xx", 0, figures.answers.server_errors, True),
        aim("Mutated requests without an answer", 0, figures.answers.unanswered, True),
        aim("/health, p99 in ms beside hostile clients", 100, beside["health_p99_ms"], True),
        aim("Single submission, p99 in ms beside them", 200, beside["single_p99_ms"], True),
        aim("Resident memory of the serving process, MB", 1_000, figures.edge_mb, True),
    ]
