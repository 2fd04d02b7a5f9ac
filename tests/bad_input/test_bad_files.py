"""Files that are wrong as a whole: said plainly, nothing changed, and the next file goes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.server import Server
from bench.word_topic import TOPIC

pytestmark = pytest.mark.xdist_group("bad-input")
RULE = """
[[rules]]
id = "{id}"
when = {when}
[rules.examples]
match = ["{match}"]
no_match = ["a cup"]
"""
REFERENCE = "{{rule = '{}'}}"


def parquet(path: Path, **columns: list[str]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def wrong_header(folder: Path) -> Path:
    path = folder / "header.csv"
    path.write_text("id,titel,colour\n1,a cup,red\n", "utf-8")
    return path


def other_delimiter(folder: Path) -> Path:
    path = folder / "semicolons.csv"
    path.write_text("id;title\n1;a cup\n", "utf-8")
    return path


def wrong_columns(folder: Path) -> Path:
    return parquet(folder / "columns.parquet", id=["1"], titel=["a cup"])


def truncated(folder: Path) -> Path:
    path = parquet(folder / "cut.parquet", id=["1", "2"], title=["a cup", "a cup"])
    path.write_bytes(path.read_bytes()[:-30])
    return path


def utf16(folder: Path) -> Path:
    path = folder / "utf16.csv"
    path.write_bytes("id,title\n1,a cup\n".encode("utf-16"))
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.csv"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            wrong_header,
            [
                "header.csv: column title: is missing; add it",
                "header.csv: column 'titel': is unknown; did you mean 'title'?",
                "header.csv: column 'colour': is unknown; remove it",
            ],
        ),
        (other_delimiter, ["semicolons.csv: header: is divided by ';'; divide it by commas"]),
        (wrong_columns, ["columns.parquet: column 'titel': is unknown; did you mean 'title'?"]),
        (truncated, ["cut.parquet: is no whole Parquet file after row 0: ", "; write the file"]),
        (utf16, ["utf16.csv: header: encoding: is not UTF-8; save the file as UTF-8"]),
        (empty, ["empty.csv: column id: is missing; add it"]),
    ],
)
def test_files_that_are_wrong_as_a_whole(
    server: Server, tmp_path: Path, make: Callable[[Path], Path], said: list[str]
) -> None:
    run = server.command("ingest", str(make(tmp_path)))
    assert run.returncode == 1
    for part in said:
        assert part in run.stderr
    assert "Traceback" not in run.stderr


def test_mixed_encodings_cost_those_rows_alone(
    server: Server, http: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.csv"
    rows = ["mixed-1,湯呑\n".encode(), "mixed-2,湯呑\n".encode("shift-jis"), b"mixed-3,a cup\n"]
    path.write_bytes(b"id,title\n" + b"".join(rows))
    run = server.command("ingest", str(path))
    assert "2 accepted, 1 rejected" in run.stdout
    (one,) = map(json.loads, (tmp_path / "mixed.rejects.jsonl").read_text("utf-8").splitlines())
    assert (one["row"], one["line"], one["problems"][0]["field"]) == (2, 3, "encoding")
    known = [http.get(f"/api/v1/listings/mixed-{i}").status_code for i in (1, 2, 3)]
    assert known == [200, 404, 200]


TOPICS = {
    "back-reference": (
        [("ax", r"{regex = ['(a)\1']}", "aa")],
        ["bad_topic/ax: the pattern", "ack-reference", "use no back-references"],
    ),
    "look-around": (
        [("ax", "{regex = ['(?<=x)y']}", "xy")],
        ["bad_topic/ax: the pattern", "Zero-width", "use no back-references or look-around"],
    ),
    "states without end": (
        [("ax", "{regex = ['((a{1,900}){1,900}){1,900}']}", "aa")],
        ["rules.ax.when.regex: stands for 729,000,000 characters", "repeat less"],
    ),
    "too many states": (
        [("ax", "{regex = ['a.{0,500}b']}", "ab")],
        ["bad_topic/ax: the pattern", "cannot be compiled", "shorter repeats"],
    ),
    "circle": (
        [("aa", REFERENCE.format("bb"), "x"), ("bb", REFERENCE.format("aa"), "x")],
        ["rules: go in a circle: ", "remove one of the links"],
    ),
    "example": (
        [("ax", "{words = ['gun']}", "a tea cup")],
        ["bad_topic/ax.examples.match: 'a tea cup' does not match", "correct the rule or the"],
    ),
    "no TOML": ([("ax", "{words = [", "x")], ["bad_topic.toml: syntax: ", "mend it"]),
}


@pytest.mark.parametrize("name", TOPICS)
def test_topic_files_change_nothing(
    server: Server, http: httpx.Client, tmp_path: Path, name: str
) -> None:
    rules, said = TOPICS[name]
    path = tmp_path / "bad_topic.toml"
    head = TOPIC.format(topic="bad_topic", word="x", capacity=1).partition("[[rules]]")[0]
    text = head + "".join(RULE.format(id=i, when=w, match=m) for i, w, m in rules)
    path.write_text(text, "utf-8")
    before = http.get("/health").json()["generation"]
    run = server.command("rules", "activate", str(path), "--reason", "why")
    assert run.returncode == 1
    for part in said:
        assert part in run.stderr
    assert "bad_topic.toml" in run.stderr
    assert "Traceback" not in run.stderr
    assert http.get("/health").json()["generation"] == before
    body = {"id": "c", "version": 1, "seller_id": "s", "title": "glock pistol"}
    answer = http.post("/api/v1/check", json=body)
    assert answer.json()["topics"][0]["topic"] == "weapons"
