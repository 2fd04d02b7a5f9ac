"""Names that nobody knows, by the ten thousand: told in short, and looked up for the first few."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mimawari import suggestions
from mimawari.detectors.topicfile import parse
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.readers import read_listings
from mimawari.listings.readers.reading import Reading
from mimawari.listings.validation import parse_listing
from mimawari.records.fields import convert
from mimawari.suggestions import MOST_LOOKED_UP, MOST_OF_ALL, MOST_TOLD

MANY = 30_000
GOOD = {"id": "1", "version": 1, "seller_id": "s", "title": "a cup"}
KEYS = {f"titl{i}": i for i in range(MANY)}


@pytest.fixture(autouse=True)
def look_ups(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note each look-up, and refuse more than somebody reads the answers of."""
    asked: list[str] = []

    def count(name: str, *rest: object) -> list[str]:
        asked.append(name)
        return difflib.get_close_matches(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(suggestions, "get_close_matches", count)
    yield asked
    assert len(asked) <= MOST_LOOKED_UP * 50


def refused(error: pytest.ExceptionInfo[InvalidInputError]) -> tuple[FieldProblem, ...]:
    return error.value.problems


def test_a_body_of_unknown_keys(look_ups: list[str]) -> None:
    with pytest.raises(InvalidInputError) as error:
        parse_listing(json.dumps({**GOOD, **KEYS}))
    problems = refused(error)
    assert len(problems) == MOST_TOLD + 1
    assert problems[0].remedy == "did you mean title?"
    assert str(problems[-1]) == "body: has 29,980 more unknown names; remove them"
    assert len(look_ups) == MOST_LOOKED_UP


def test_what_else_is_wrong_is_told_beside_them() -> None:
    with pytest.raises(InvalidInputError) as error:
        parse_listing(json.dumps({**GOOD, "version": "x", **KEYS}))
    assert refused(error)[0].field == "version"


def test_a_body_of_an_operation() -> None:
    class Wanted(msgspec.Struct, forbid_unknown_fields=True):
        topic: str

    with pytest.raises(InvalidInputError) as error:
        convert({"topic": "weapons", **KEYS}, Wanted)
    assert len(refused(error)) == MOST_TOLD + 1


def test_a_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{**GOOD, **KEYS}, {**GOOD, **{f"label:{i}": "x" for i in range(MANY)}}, GOOD]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    first, second, third = read_listings(path)
    assert len(first.problems) == MOST_TOLD + 1
    assert len(second.problems) == MOST_OF_ALL + 1
    assert second.problems[-1].problem == "has 29,800 more problems"
    assert third.listing is not None


@pytest.mark.parametrize("columns", [KEYS, ["titl"] * MANY])
def test_a_header(tmp_path: Path, columns: list[str]) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,title," + ",".join(columns) + "\n", "utf-8")
    with pytest.raises(InvalidInputError) as error:
        list(read_listings(path))
    assert len(refused(error)) <= 2 * MOST_TOLD + 2


def test_a_column_looked_for_among_many(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,title," + ",".join(f"note:{i}" for i in range(MANY)) + "\n", "utf-8")
    with pytest.raises(InvalidInputError, match="is no column"):
        list(read_listings(path, reading=Reading(label_column="note")))


TOPIC = 'topic = "weapons"\ncapacity = 3\n[title]\nen = "W"\n[policy]\nen = "None."\n'


def test_a_topic_file_of_unknown_keys() -> None:
    keys = "".join(f"titl{i} = 1\n" for i in range(MANY))
    with pytest.raises(InvalidInputError) as error:
        parse(keys + TOPIC)
    assert len(refused(error)) == MOST_TOLD + 1


def test_a_topic_file_of_rules_with_unknown_keys() -> None:
    rules = "".join(f'[[rules]]\nid = "r-{i}"\nnot = 1\n' for i in range(2_000))
    with pytest.raises(InvalidInputError) as error:
        parse(TOPIC + rules)
    assert len(refused(error)) == MOST_OF_ALL + 1
    assert "more problems" in refused(error)[-1].problem


def test_a_number_too_long_to_be_written_is_told() -> None:
    with pytest.raises(InvalidInputError, match="thousands of digits"):
        parse(TOPIC.replace("capacity = 3", f"capacity = 0x{'f' * 5_000}"))
