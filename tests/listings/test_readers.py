"""Readers: what is good comes through, what is bad is told by line, and reading goes on."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.readers import RejectFile, Row, read_listings
from mimawari.listings.readers.lines import MOST_LINE


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(rows: list[Row]) -> list[tuple[int, int, str]]:
    """Give number, line and first problem's field of the rejected rows."""
    return [(r.number, r.line, r.problems[0].field) for r in rows if r.listing is None]


def titles(rows: list[Row]) -> list[str]:
    return [r.listing.title for r in rows if r.listing is not None]


def test_csv_of_people(tmp_path: Path) -> None:
    text = (
        "\ufeffid,title,price,currency,category,label:weapons,label:drugs\r\n"
        '1,"two\nlines",12.50,USD,A > B > C,1,\r\n'
        "\r\n"
        "2,cup,1200,JPY,A/B,0,1\r\n"
        "3,cup,free,JPY,A,,\r\n"
        "4,cup,9e999999,JPY,A,,\r\n"
        "5,cup,5,XXX,A,maybe,\r\n"
        "6,cup,5\r\n"
        "7,last,,,,,\r\n"
    )
    rows = list(read_listings(write(tmp_path / "a.csv", text)))
    assert titles(rows) == ["two\nlines", "cup", "last"]
    first, second = rows[0].listing, rows[1].listing
    assert first is not None
    assert second is not None
    assert (first.price_minor, first.currency, first.category) == (1250, "USD", ("A", "B", "C"))
    assert (second.price_minor, second.category) == (1200, ("A", "B"))
    assert [rows[0].labels, rows[1].labels] == [{"weapons": 1}, {"weapons": 0, "drugs": 1}]
    # The first row takes lines 2 and 3, line 4 is blank.
    assert told(rows) == [
        (3, 6, "price"),
        (4, 7, "price"),
        (5, 8, "label:weapons"),
        (6, 9, "row"),
    ]


def test_csv_with_mixed_encodings_rejects_those_rows_alone(tmp_path: Path) -> None:
    body = "id,title\n1,湯呑\n".encode() + "2,湯呑\n".encode("shift-jis") + "3,湯呑\n".encode()
    rows = list(read_listings(write(tmp_path / "a.csv", body)))
    assert titles(rows) == ["湯呑", "湯呑"]
    assert told(rows) == [(2, 3, "encoding")]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_line_of_ten_megabytes_is_passed_over(tmp_path: Path, ending: str) -> None:
    make = {"csv": "{},{}\n", "jsonl": '{{"id":"{}","title":"{}"}}\n'}[ending].format
    head = "id,title\n" if ending == "csv" else ""
    text = head + make(1, "a") + make(2, "x" * 10_000_000) + make(3, "c")
    path = write(tmp_path / f"a.{ending}", text)
    del text
    tracemalloc.start()
    rows = list(read_listings(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert titles(rows) == ["a", "c"]
    assert told(rows) == [(2, 2 + bool(head), "line")]
    assert peak < 4 * MOST_LINE


def test_an_open_quote_is_told_and_does_not_raise(tmp_path: Path) -> None:
    rows = list(read_listings(write(tmp_path / "a.csv", 'id,title\n1,a\n2,"b\n3,c\n')))
    assert titles(rows) == ["a"]
    assert told(rows) == [(2, 3, "row")]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,titel", "column title: is missing"),
        ("id,titel", "did you mean 'title'?"),
        ("id;title", "column id: is missing"),
        ("", "column id: is missing"),
        ("id,title,colour", "column 'colour': is unknown; remove it"),
        ('id,"title', "header: unexpected end of data"),
        (b"id,title,\xff", "header: encoding: is not UTF-8"),
    ],
)
def test_wrong_headers(tmp_path: Path, header: str | bytes, said: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        list(read_listings(write(tmp_path / "a.csv", header)))
    assert said in str(error.value)


def test_jsonl_with_bad_lines_in_the_middle(tmp_path: Path) -> None:
    good = '{"id":"1","title":"cup"}'
    bad = ["[]", "{", '{"id":"1","title":"\\ud800"}', '{"id":"2","title":"x","image":1}', '"\xff']
    text = "\n".join([good, "", *bad, good]).encode("latin-1")
    rows = list(read_listings(write(tmp_path / "a.jsonl", text)))
    assert titles(rows) == ["cup", "cup"]
    assert [(number, line) for number, line, _ in told(rows)] == [(n, n + 1) for n in range(2, 7)]


def test_gzip_and_a_truncated_one(tmp_path: Path) -> None:
    lines = "".join(f'{{"id":"{i}","title":"cup {i * 7919}"}}\n' for i in range(500))
    whole = gzip.compress(lines.encode())
    assert len(list(read_listings(write(tmp_path / "a.jsonl.gz", whole)))) == 500
    with pytest.raises(InvalidInputError, match="is damaged"):
        list(read_listings(write(tmp_path / "b.jsonl.gz", whole[: len(whole) // 2])))


def test_parquet_and_a_truncated_one(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "title": ["a", "", "c"],
            "category": [["A", "B"], [], None],
            "label:t": pa.array([1, None, 0], pa.int8()),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    rows = list(read_listings(path))
    assert titles(rows) == ["a", "c"]
    assert told(rows) == [(2, 2, "title")]
    assert [r.labels for r in rows if r.listing] == [{"t": 1}, {"t": 0}]
    cut = write(tmp_path / "b.parquet", path.read_bytes()[:-20])
    with pytest.raises(InvalidInputError, match="is no whole Parquet file"):
        list(read_listings(cut))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("start", [0, 1, 1_000, 1_234, 2_500, 9_999])
def test_a_resumed_run_goes_on_at_the_next_row(tmp_path: Path, ending: str, start: int) -> None:
    path, n = tmp_path / f"a.{ending}", 2_500
    ids = [str(i) for i in range(1, n + 1)]
    if ending == "parquet":
        pq.write_table(pa.table({"id": ids, "title": ids}), path, row_group_size=700)
    elif ending == "csv":
        write(path, "id,title\n" + "".join(f"{i},{i}\n\n" for i in ids))
    else:
        write(path, "".join(f'\n{{"id":"{i}","title":"{i}"}}\n' for i in ids))
    rows = list(read_listings(path, start_after=start))
    assert [row.number for row in rows] == list(range(start + 1, n + 1))
    assert titles(rows) == ids[start:]


@pytest.mark.parametrize("name", ["a.xlsx", "missing.csv", "a.gz"])
def test_unknown_and_missing_files(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        write(tmp_path / name, "x")
    with pytest.raises(InvalidInputError, match=name):
        list(read_listings(tmp_path / name))


def test_rejects_name_row_line_and_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '\n{"id":"1","title":"\\ud800","price_minor":-1}\n')
    with RejectFile(tmp_path / "r.jsonl") as rejects:
        for row in read_listings(path):
            rejects.add(row)
    (one,) = map(json.loads, (tmp_path / "r.jsonl").read_text("utf-8").splitlines())
    assert (one["row"], one["line"]) == (1, 2)
    assert one["raw"].startswith('{"id"')
    assert all(problem["remedy"] for problem in one["problems"])


def test_no_rejects_no_file(tmp_path: Path) -> None:
    with RejectFile(tmp_path / "r.jsonl") as rejects:
        assert rejects.count == 0
    assert not (tmp_path / "r.jsonl").exists()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        line = '{"id":"1","title":"' + "cup " * 50 + '"}\n'
        path = write(tmp_path / f"{rows}.jsonl", line * rows)
        tracemalloc.start()
        assert sum(row.listing is not None for row in read_listings(path)) == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)
    assert peak(20_000) < 2 * peak(2_000) + 100_000
