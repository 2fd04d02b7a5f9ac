r"""Half of a surrogate pair in a field of any type: the field is named, and the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers import read_listings
from mimawari.listings.validation import parse_listing
from mimawari.records.fields import convert

HALF = "\ud800"
GOOD: dict[str, Any] = {"id": "1", "version": 1, "seller_id": "s", "title": "a cup"}
FIELDS = [field.name for field in msgspec.structs.fields(Listing)]
VALUES = [HALF, [HALF], {HALF: HALF}, {"a": HALF}, [[HALF]]]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", VALUES)
def test_a_body(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as error:
        parse_listing(json.dumps({**GOOD, field: value}))
    problems = error.value.problems
    assert field in {problem.field.split("[")[0].split(":")[0] for problem in problems}
    json.dumps([str(problem) for problem in problems]).encode()
    assert all(str(problem).isprintable() for problem in problems)


def test_rows_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    bad = [{**GOOD, field: value} for field in (*FIELDS, "price") for value in VALUES]
    path.write_text("".join(json.dumps(row) + "\n" for row in [GOOD, *bad, GOOD]), "utf-8")
    first, *rows, last = read_listings(path)
    assert first.listing == last.listing == Listing(**GOOD)
    assert len(rows) == len(bad)
    assert all(row.problems for row in rows)


def test_a_column_of_attributes_written_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    texts = [f'{{"a": "{HALF}"}}', "[" * 100_000]
    path.write_text("".join(json.dumps({**GOOD, "attributes": t}) + "\n" for t in texts), "utf-8")
    for row in read_listings(path):
        assert [problem.field for problem in row.problems] == ["attributes"]


def test_values_of_an_operation() -> None:
    class Wanted(msgspec.Struct):
        days: int
        share: float

    with pytest.raises(InvalidInputError) as error:
        convert(dict.fromkeys(("days", "share"), HALF), Wanted, strict=False)
    assert [problem.field for problem in error.value.problems] == ["days", "share"]
