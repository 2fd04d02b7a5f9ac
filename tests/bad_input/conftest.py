"""A server, and the three kinds of files with every bad row in the middle of good ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.server import Server
from tests.bad_input.inputs import GOOD, INPUTS, as_json, cells
from tests.service.conftest import new_key, new_server

from mimawari.client import Client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a running server with one topic."""
    with new_server(tmp_path_factory.mktemp("bad-input")) as one:
        said = one.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        one.start()
        yield one


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return new_key(server)


@pytest.fixture(scope="module")
def http(server: Server, key: str) -> Iterator[httpx.Client]:
    with server.client(key) as one:
        yield one


@pytest.fixture(scope="module")
def client(server: Server, key: str) -> Iterator[Client]:
    with Client(server.address, key, repeats=0) as one:
        yield one


@dataclass(frozen=True)
class Ingested:
    """What a run of ``mimawari ingest`` over a file said, and its reject file by row."""

    said: str
    code: int
    rejects: dict[int, dict[str, Any]]


@pytest.fixture(scope="module")
def ingested(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Ingested:
    """Ingest a file of one kind: a good row before and after each bad one."""
    ending = request.param
    path = tmp_path_factory.mktemp("files") / f"bad.{ending}"
    WRITERS[ending](path)
    run = server.command("ingest", str(path))
    lines = path.with_suffix(".rejects.jsonl").read_text("utf-8").splitlines()
    rejects = {one["row"]: one for one in map(json.loads, lines)}
    return Ingested(run.stdout + run.stderr, run.returncode, rejects)


def _rows(prefix: str) -> list[dict[str, Any]]:
    """Good and bad rows in turn: the bad one of input ``i`` is row ``2 i + 2``."""
    rows = [{**GOOD, "id": f"{prefix}-good-0"}]
    for i, one in enumerate(INPUTS):
        rows.append({**GOOD, "id": f"{prefix}-bad-{i}", **one.fields})
        rows.append({**GOOD, "id": f"{prefix}-good-{i + 1}"})
    return rows


def write_jsonl(path: Path) -> None:
    path.write_bytes(b"".join(as_json(row) + b"\n" for row in _rows("jsonl")))


def write_csv(path: Path) -> None:
    table = [cells(row) for row in _rows("csv")]
    lines = [",".join(table[0]), *(",".join(f'"{v}"' for v in row.values()) for row in table)]
    path.write_bytes(b"".join(line.encode("utf-8", "surrogatepass") + b"\n" for line in lines))


def write_parquet(path: Path) -> None:
    table = [cells(row) for row in _rows("parquet")]
    columns = {}
    for name in table[0]:
        texts = [row[name].encode("utf-8", "surrogatepass") for row in table]
        binary = pa.array(texts, pa.binary())
        columns[name] = pa.StringArray.from_buffers(len(texts), *binary.buffers()[1:])
    pq.write_table(pa.table(columns), path)


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}
