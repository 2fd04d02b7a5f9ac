"""Readers: three formats say the same, bad rows are told by number, the rest goes on."""

from __future__ import annotations

import csv
import gzip
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.readers import RejectFile, Row, read_listings
from mimawari.simulation import sample

ROWS: list[dict[str, Any]] = [
    {"id": "1", "title": 'Cup, "blue"', "seller_id": "s", "label:weapons": "0"},
    {"id": "2", "title": "拳銃\nと弾", "price": "12.50", "currency": "USD", "label:weapons": "1"},
    {"id": "3", "title": "Watch", "category": "Fashion > Watches", "label:weapons": ""},
]
COLUMNS = ["id", "title", "seller_id", "price", "currency", "category", "label:weapons"]


def as_csv(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_jsonl(path: Path) -> Path:
    path.write_bytes(b"\n".join(msgspec.json.encode(row) for row in ROWS))
    return path


def as_parquet(path: Path) -> Path:
    rows = [{c: row.get(c) or None for c in COLUMNS} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def zipped(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


@pytest.fixture(params=["csv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind = request.param.removesuffix(".gz")
    makers = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}
    path = makers[kind](tmp_path / f"rows.{kind}")
    return zipped(path) if request.param.endswith(".gz") else path


def test_every_format_says_the_same(file: Path) -> None:
    rows = list(read_listings(file))
    assert [row.problems for row in rows] == [(), (), ()]
    assert [row.labels for row in rows] == [{"weapons": 0}, {"weapons": 1}, {}]
    first, second, third = (row.listing for row in rows)
    assert first is not None
    assert (first.title, first.seller_id) == ('Cup, "blue"', "s")
    assert second is not None
    assert (second.price_minor, second.currency, second.seller_id) == (1250, "USD", "unknown-2")
    assert third is not None
    assert third.category == ("Fashion", "Watches")


def test_reading_goes_on_where_it_stopped(file: Path) -> None:
    assert [row.number for row in read_listings(file, start_after=2)] == [3]


def problems_of(path: Path) -> dict[int, str]:
    return {row.number: str(row.problems[0]) for row in read_listings(path) if row.problems}


def test_bad_csv_rows_are_told_by_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(
        b"\xef\xbb\xbfid,title,price,currency,label:t\n"
        b"1,good,,,\n"
        b"2,\xff\xfe,,,\n"
        b"3,too,many,fields,1,2\n"
        b"4,gun,free,JPY,1\n"
        b"5,cup,,,maybe\n"
        b"\n"
        b"6,good again,5,JPY,1\n"
    )
    said = problems_of(path)
    assert sorted(said) == [2, 3, 4, 5]
    assert "not UTF-8" in said[2]
    assert "6 fields, the header 5" in said[3]
    assert "'free' is no amount" in said[4]
    assert "label:t" in said[5]


def test_bad_json_lines_are_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    good = b'{"id": "1", "title": "cup"}\n'
    path.write_bytes(good + b"{oops\n" + b"[1]\n" + b"x" * 5_000_000 + b"\n" + good)
    said = problems_of(path)
    assert sorted(said) == [2, 3, 4]
    assert "no JSON" in said[2]
    assert "4,000,000" in said[4]
    assert len(list(read_listings(path))) == 5


def test_a_wrong_header_names_the_columns_and_the_closest(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("id,titel,sellerid\n1,a,b\n", "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        list(read_listings(path))
    said = str(caught.value)
    assert "column title: is missing" in said
    assert "did you mean 'title'" in said
    assert "did you mean 'seller_id'" in said


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_parquet_is_named(tmp_path: Path, keep: float) -> None:
    path = as_parquet(tmp_path / "rows.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep if keep >= 1 else len(whole) * keep)])
    with pytest.raises(InvalidInputError, match="no whole Parquet file"):
        list(read_listings(path))


def test_a_truncated_gzip_is_named(tmp_path: Path) -> None:
    path = zipped(as_csv(tmp_path / "rows.csv", ROWS * 50))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InvalidInputError, match="is damaged"):
        list(read_listings(path))


@pytest.mark.parametrize(("name", "said"), [("a.xlsx", "unknown ending"), ("no.csv", "no file")])
def test_other_files_are_refused(tmp_path: Path, name: str, said: str) -> None:
    if name.startswith("a"):
        (tmp_path / name).write_text("")
    with pytest.raises(InvalidInputError, match=said):
        read_listings(tmp_path / name)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    line = b'{"id": "1", "title": "' + b"cup " * 100 + b'"}\n'
    path.write_bytes(line * 50_000)
    rows = read_listings(path)
    list(islice(rows, 100))
    tracemalloc.start()
    for _ in rows:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_rejects_are_kept_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"id": "1", "title": ""}\n')
    with RejectFile(tmp_path / "rejects.jsonl") as rejects:
        for row in read_listings(path):
            rejects.add(row)
    said = msgspec.json.decode((tmp_path / "rejects.jsonl").read_bytes())
    assert said["row"] == 1
    assert said["problems"][0]["field"] == "title"
    assert '"title": ""' in said["raw"]


@pytest.mark.parametrize("path", [sample.TRAIN, sample.STREAM], ids=["train", "stream"])
def test_the_bundled_sample_reads_without_a_reject(path: Path) -> None:
    rows: list[Row] = list(read_listings(path))
    assert len(rows) > 9_000
    assert not any(row.problems for row in rows)
