"""Files as people have them: no title, no currency, yes and no, one column of label names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.readers import LeftOut, Reading, Row, good_rows, read_listings
from mimawari.listings.readers.label_column import MOST_NAMES, TRUTH

Rows = list[dict[str, Any]]
EVERY_KIND = pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])


def write(path: Path, rows: Rows) -> Path:
    """Write rows as a kind of file does: a table has every column in every row."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in columns}), path)
    else:
        table = [columns, *([row.get(name) for name in columns] for row in rows)]
        path.write_text("".join(csv_line(line) for line in table), "utf-8")
    return path


def csv_line(values: list[Any]) -> str:
    texts = ["" if v is None else str(v).replace('"', '""') for v in values]
    return ",".join(f'"{text}"' for text in texts) + "\n"


def labels(path: Path, **options: Any) -> list[dict[str, int]]:
    rows = list(read_listings(path, reading=Reading(**options)))
    assert all(row.listing is not None for row in rows), [row.problems for row in rows]
    return [row.labels for row in rows]


def problems(row: Row) -> str:
    return "\n".join(map(str, row.problems))


@EVERY_KIND
@pytest.mark.parametrize("title", ["", None, "absent"])
def test_a_text_without_a_title_is_a_listing(
    tmp_path: Path, ending: str, title: str | None
) -> None:
    row = {"id": "1", "title": title, "description": "ivory carving, old"}
    if title == "absent":
        del row["title"]
    other = {**row, "id": "2", "description": " \u200b" if title == "absent" else None}
    first, second = read_listings(write(tmp_path / f"a.{ending}", [row, other]))
    assert first.listing is not None
    assert (first.listing.title, first.listing.heading) == ("", "ivory carving, old")
    assert first.listing.text == "\nivory carving, old"
    assert second.listing is None
    assert "title" in problems(second)


def test_a_table_needs_a_column_of_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,ivory\n", "utf-8")
    with pytest.raises(InvalidInputError) as error:
        list(read_listings(path))
    assert "column title: is missing; add it, or a column description" in str(error.value)
    assert "column 'text': is unknown; did you mean 'description'?" in str(error.value)


@EVERY_KIND
def test_a_price_without_a_currency_takes_the_files(tmp_path: Path, ending: str) -> None:
    rows = [
        {"id": "1", "title": "cup", "price": "12.5", "currency": None},
        {"id": "2", "title": "cup", "price": "12", "currency": "JPY"},
        {"id": "3", "title": "cup", "price": None, "currency": None},
    ]
    path = write(tmp_path / f"a.{ending}", rows)
    read = [row.listing for row in read_listings(path, reading=Reading(currency="USD"))]
    prices = [(one.price_minor, one.currency) for one in read if one is not None]
    assert prices == [(1250, "USD"), (12, "JPY"), (None, None)]
    refused = list(read_listings(path))
    assert [row.listing is None for row in refused] == [True, False, False]
    assert problems(refused[0]) == (
        "currency: is missing beside a price; "
        "give its ISO 4217 code, or one for the whole file, such as --currency JPY"
    )


def test_minor_units_take_the_files_currency_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"id": "1", "title": "cup", "price_minor": 1250}])
    (row,) = read_listings(path, reading=Reading(currency="USD"))
    assert row.listing is not None
    assert (row.listing.price_minor, row.listing.currency) == (1250, "USD")
    (row,) = read_listings(path)
    assert "--currency JPY" in problems(row)


@pytest.mark.parametrize(
    ("currency", "code"), [("usd", "USD"), ("$", "USD"), ("pounds", "GBP"), ("円", "JPY")]
)
def test_an_unknown_currency_is_refused_at_once(currency: str, code: str) -> None:
    remedy = f"did you mean {code}?"
    with pytest.raises(InvalidInputError) as error:
        Reading(currency=currency)
    assert str(error.value) == f"--currency: {currency!r} is unknown; {remedy}"


@pytest.mark.parametrize("written", [*TRUTH, "Yes", "NO", " True ", "OFF"])
def test_yes_and_no_in_every_form(tmp_path: Path, written: str) -> None:
    rows: Rows = [{"id": "1", "title": "cup", "label:t": written, "label": written}]
    expected = TRUTH[written.strip().lower()]
    for ending in ("csv", "jsonl"):
        path = write(tmp_path / f"a.{ending}", rows)
        assert labels(path, topic="u") == [{"t": expected, "u": expected}]


@EVERY_KIND
def test_booleans_and_numbers_are_labels(tmp_path: Path, ending: str) -> None:
    rows: Rows = [
        {"id": str(i), "title": "cup", "label:t": value, "label:u": number}
        for i, (value, number) in enumerate([(True, 1), (False, 0), (None, None)])
    ]
    path = write(tmp_path / f"a.{ending}", rows)
    assert labels(path) == [{"t": 1, "u": 1}, {"t": 0, "u": 0}, {}]


def test_another_word_is_told_with_those_that_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [{"id": "1", "title": "cup", "label:t": "perhaps"}])
    (row,) = read_listings(path)
    assert problems(row) == (
        "label:t: is 'perhaps'; write 1 or 0, yes or no, true or false, or nothing (unknown)"
    )


@EVERY_KIND
@pytest.mark.parametrize("column", ["label", "labels", "kinds of goods"])
@pytest.mark.parametrize("between", [",", ";", "|", ", ", None])
def test_one_column_of_label_names(
    tmp_path: Path, ending: str, column: str, between: str | None
) -> None:
    named = [["gun", "knife"], ["knife"], ["none"], None]
    if between is None and ending == "csv":
        between = "; "
    cells = [n if n is None or between is None else between.join(n) for n in named]
    rows: Rows = [{"id": str(i), "title": "x", column: cell} for i, cell in enumerate(cells)]
    path = write(tmp_path / f"a.{ending}", rows)
    option = column if column not in ("label", "labels") else None
    assert labels(path, label_column=option) == [
        {"gun": 1, "knife": 1},
        {"gun": 0, "knife": 1},
        {"gun": 0, "knife": 0},
        {},
    ]
    assert labels(path, label_column=option, topic="gun")[1] == {"gun": 0, "knife": 1}
    if option is None:
        assert labels(path, labels=False) == [{}] * 4


@EVERY_KIND
def test_one_column_of_yes_and_no_labels_the_topic_that_is_asked_for(
    tmp_path: Path, ending: str
) -> None:
    rows: Rows = [
        {"id": str(i), "title": "x", "label": value} for i, value in enumerate([1, 0, None])
    ]
    path = write(tmp_path / f"a.{ending}", rows)
    assert labels(path, topic="gun") == [{"gun": 1}, {"gun": 0}, {}]
    with pytest.raises(InvalidInputError, match=r"column label: holds 0, 1 of no topic; rename"):
        labels(path)


def test_numbered_classes_are_names(tmp_path: Path) -> None:
    rows: Rows = [{"id": str(i), "title": "x", "label": i} for i in range(3)]
    path = write(tmp_path / "a.csv", rows)
    assert labels(path, topic="2")[2] == {"0": 0, "1": 0, "2": 1}
    assert all("gun" not in row for row in labels(path, topic="gun"))


def test_a_topics_own_column_goes_before_names(tmp_path: Path) -> None:
    rows: Rows = [{"id": "1", "title": "x", "labels": "gun", "label:gun": 0, "label:cup": 1}]
    assert labels(write(tmp_path / "a.csv", rows)) == [{"gun": 0, "cup": 1}]


@EVERY_KIND
@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ({"label": "a", "labels": "b"}, {}, "column labels: stands beside label; remove one"),
        ({"tags": "a"}, {"label_column": "tag"}, "--label-column: is no column of a.{}; did you m"),
        ({}, {"label_column": "title"}, "--label-column: is title, a field of listings; name the"),
    ],
)
def test_columns_that_cannot_be_meant(
    tmp_path: Path, ending: str, rows: dict[str, str], options: dict[str, str], said: str
) -> None:
    path = write(tmp_path / f"a.{ending}", [{"id": "1", "title": "x", **rows}])
    with pytest.raises(InvalidInputError) as error:
        list(read_listings(path, reading=Reading(**options)))
    assert said.format(ending) in str(error.value)


@EVERY_KIND
def test_texts_are_no_label_names(tmp_path: Path, ending: str) -> None:
    rows: Rows = [{"id": str(i), "title": "x", "label": f"text {i}"} for i in range(MOST_NAMES + 1)]
    path = write(tmp_path / f"a.{ending}", rows)
    with pytest.raises(InvalidInputError, match=r"column label: holds more than 1,000 names"):
        list(read_listings(path))
    assert len(labels(path, labels=False)) == MOST_NAMES + 1


@EVERY_KIND
def test_where_all_rows_are_refused_the_reasons_are_told(tmp_path: Path, ending: str) -> None:
    rows: Rows = [
        {"id": str(i), "title": "" if i % 5 == 0 else "cup", "price": 5, "label:t": 1}
        for i in range(1_680)
    ]
    path = write(tmp_path / f"a.{ending}", rows)
    with pytest.raises(InvalidInputError) as error:
        list(good_rows(path))
    assert str(error.value) == (
        f"a.{ending}: has no good row: currency is missing beside a price in 1,680, "
        "title is empty in 336 of 1,680; "
        "give its ISO 4217 code, or one for the whole file, such as --currency JPY"
    )


def test_where_some_rows_are_refused_they_are_counted(tmp_path: Path) -> None:
    rows: Rows = [{"id": str(i), "title": "cup", "version": "x" * (i % 3)} for i in range(9)]
    path, reports = write(tmp_path / "a.csv", rows), list[LeftOut]()
    assert len(list(good_rows(path, left_out=reports.append))) == 3
    (report,) = reports
    assert str(report).startswith("6 rows of a.csv are left out; the first, line 3: version: is 'x")
    assert [(reason.rows, reason.example.field) for reason in report.reasons] == [(6, "version")]


def test_a_file_without_rows_gives_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title\n", "utf-8")
    assert list(good_rows(path)) == []


def test_kinds_of_problems_are_counted_in_bounded_memory(tmp_path: Path) -> None:
    rows: Rows = [{"id": str(i), "title": "cup", f"field {i}": 1} for i in range(500)]
    with pytest.raises(InvalidInputError) as error:
        list(good_rows(write(tmp_path / "a.jsonl", rows)))
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize("make", [str, lambda x: x + "\n"], ids=["last line", "line break"])
def test_broken_lines_are_told_beside_a_column_of_names(
    tmp_path: Path, make: Callable[[str], str]
) -> None:
    good = json.dumps({"id": "1", "title": "x", "labels": ["gun"]})
    path = tmp_path / "a.jsonl"
    path.write_text(f"{good}\n[1]\n{{\n\n" + make(good), "utf-8")
    rows = list(read_listings(path))
    assert [row.labels for row in rows] == [{"gun": 1}, {}, {}, {"gun": 1}]
    assert [row.listing is None for row in rows] == [False, True, True, False]
