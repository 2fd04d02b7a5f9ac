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


def test_an_open_quote_costs_one_row(tmp_path: Path) -> None:
    rows = list(read_listings(write(tmp_path / "a.csv", 'id,title\n1,a\n2,"b\n3,c\n')))
    assert titles(rows) == ["a", "c"]
    assert told(rows) == [(2, 3, "row")]
    assert rows[1].raw == '2,"b'


def test_bad_quotes_cost_no_row_after_them(tmp_path: Path) -> None:
    lines = [
        '1,"open,x',
        "2,good,x",
        b"3,caf\xe9,x".decode("latin-1"),
        '4,"said ""yes""",x',
        '5,"two',
        'lines",x',
        '6,"a" b,x',
        "7,good,x",
        '8,"open again,x',
        "9,good,x",
    ]
    body = ("id,title,brand\n" + "\n".join(lines)).encode("latin-1")
    rows = list(read_listings(write(tmp_path / "a.csv", body)))
    assert titles(rows) == ["good", 'said "yes"', "two\nlines", "good", "good"]
    assert told(rows) == [(1, 2, "row"), (3, 4, "encoding"), (6, 8, "row"), (8, 10, "row")]
    assert [row.number for row in rows] == list(range(1, 10))
    assert rows[2].raw == "3,caf\ufffd,x"
    for start in range(10):
        rest = list(read_listings(tmp_path / "a.csv", start_after=start))
        assert [(r.number, r.line) for r in rest] == [(r.number, r.line) for r in rows[start:]]


def test_a_record_without_end_is_bounded(tmp_path: Path) -> None:
    # Quoted cells with line breaks, none over a limit, that never make a whole row.
    endless = '"' + ("y" * 90_000 + "\n" + "y" * 90_000 + '","') * 60 + "\n"
    path = write(tmp_path / "a.csv", "id,title\n1,a\n" + endless + "2,b\n")
    assert titles(list(read_listings(path))) == ["a", "b"]


def test_a_nul_is_told(tmp_path: Path) -> None:
    rows = list(read_listings(write(tmp_path / "a.csv", "id,title\n1,a\x00b\n2,b\n")))
    assert titles(rows) == ["b"]
    assert "holds a NUL at character 1" in str(rows[0].problems[0])


def test_all_problems_of_a_row_at_once(tmp_path: Path) -> None:
    text = "id,title,price,currency,version,label:t\n,,free,JPY,x,maybe\n"
    (row,) = read_listings(write(tmp_path / "a.csv", text))
    assert [p.field for p in row.problems] == ["label:t", "price", "version"]
    text = 'id,title,price,currency,image_urls\n,,-1,JPY,"' + "http://a.example/b " * 10_000 + '"\n'
    (row,) = read_listings(write(tmp_path / "a.csv", text))
    assert [p.field for p in row.problems] == ["price", "id", "title", "image_urls"]
    assert row.problems[2].problem == "is empty"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ('"attributes": [1]', 'attributes: is [1]; write texts by name: {"size": "M"}'),
        ('"attributes": "{bad"', 'attributes: is \'{bad\'; write texts by name: {"size": "M"}'),
        ('"price": {"a": 1}, "currency": "JPY"', "is no amount"),
        ('"price": true, "currency": "JPY"', "is no amount"),
        ('"price": 1e308, "currency": "JPY"', "price: is '1e+308'; give less than 10,000,000"),
        ('"price": -1, "currency": "JPY"', "price: is -1; give 0 to"),
        ('"price": 1, "currency": 5', "currency: '5' is unknown"),
        ('"title": "\\ud800"', "title: holds half of a surrogate pair at character 0"),
        ('"version": [1], "brand": 5', "brand: is 5; write a text in quotes"),
    ],
)
def test_values_of_any_kind_are_told(tmp_path: Path, fields: str, said: str) -> None:
    good = '{"id": "1", "title": "cup"}\n'
    path = write(tmp_path / "a.jsonl", f'{good}{{"id": "2", "title": "cup", {fields}}}\n{good}')
    rows = list(read_listings(path))
    assert titles(rows) == ["cup", "cup"]
    assert said in "\n".join(map(str, rows[1].problems))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,titel", "column title: is missing"),
        ("id,titel", "did you mean 'title'?"),
        ("id;title", "header: is divided by ';'; divide it by commas"),
        ("id,title,title", "column title: stands twice; keep one of them"),
        ("", "column id: is missing"),
        ("id,title,colour", "column 'colour': is unknown; remove it"),
        ('id,"title', "header: row: unexpected end of data"),
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


def test_parquet_texts_that_are_not_utf8(tmp_path: Path) -> None:
    bad = pa.array([b"a", b"\xff", b"c"], pa.binary())
    title = pa.StringArray.from_buffers(3, *bad.buffers()[1:])
    pq.write_table(pa.table({"id": ["1", "2", "3"], "title": title}), tmp_path / "a.parquet")
    rows = list(read_listings(tmp_path / "a.parquet"))
    assert titles(rows) == ["a", "c"]
    assert told(rows) == [(2, 2, "encoding")]


def test_a_parquet_file_damaged_in_the_middle_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ids = [str(i * 7919) for i in range(5_000)]
    table = pa.table({"id": ids, "title": ids})
    pq.write_table(table, path, row_group_size=1_000, write_page_checksum=True)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    rows: list[Row] = []
    with pytest.raises(InvalidInputError, match=r"is no whole Parquet file after row 2,000: "):
        rows.extend(read_listings(write(path, bytes(body))))
    assert titles(rows) == ids[:2_000]


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
