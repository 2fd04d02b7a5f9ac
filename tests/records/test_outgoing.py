"""What was published of the bodies that are sent stays true."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from mimawari.records import outgoing
from mimawari.records.closing import Closing
from mimawari.records.json import JsonObject
from mimawari.records.schemas import broken_promises, schemas

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def published() -> dict[str, JsonObject]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def test_every_schema_is_published_as_it_is() -> None:
    kept = {name: schema for name, schema in published().items() if name not in outgoing.RETIRED}
    assert kept == schemas(), "run 'make docs'"


def test_a_retired_version_is_replaced_by_one_that_has_all_its_fields() -> None:
    """Whoever reads by the old one finds each field; a reason that it does not know is new."""
    old, new = published()["alert.closed.v1.json"], schemas()["alert.closed.v2.json"]
    assert broken_promises(old, new) == ["data.reason: is retyped", "version: is retyped"]
    reasons = old["$defs"]["ClosedAlert"]["properties"]["reason"]["enum"]  # type: ignore[index, call-overload]
    assert set(reasons) < {str(reason) for reason in Closing}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_no_promise_is_broken(name: str) -> None:
    assert broken_promises(published()[name], schemas()[name]) == []


class Inner(msgspec.Struct):
    number: int


class Before(msgspec.Struct):
    id: str
    kind: Literal["a", "b"]
    inner: Inner
    many: list[Inner]
    maybe: Inner | None = None


class Text(msgspec.Struct):
    number: str


def changed(**fields: object) -> JsonObject:
    """The schema of `Before` with other types of fields; None leaves one out."""
    kept = {f.name: f.type for f in msgspec.structs.fields(Before)} | fields
    given = [(name, kind) for name, kind in kept.items() if kind is not None]
    return msgspec.json.schema(msgspec.defstruct("After", given, kw_only=True))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": None}, "id: is gone"),
        ({"id": int}, "id: is retyped"),
        ({"kind": Literal["a", "b", "c"]}, "kind: is retyped"),
        ({"inner": Text}, "inner.number: is retyped"),
        ({"many": list[Text]}, "many[].number: is retyped"),
        ({"maybe": Text | None}, "maybe.number: is retyped"),
        ({"maybe": Inner}, "maybe: is retyped"),
    ],
)
def test_a_broken_promise_is_named(fields: dict[str, object], problem: str) -> None:
    assert problem in broken_promises(msgspec.json.schema(Before), changed(**fields))


def test_a_field_that_may_be_left_out_is_named() -> None:
    class Late(msgspec.Struct):
        number: int = 0

    before, after = msgspec.json.schema(Inner), msgspec.json.schema(Late)
    assert broken_promises(before, after) == ["number: may be left out now"]


def test_a_field_may_be_added() -> None:
    assert broken_promises(msgspec.json.schema(Before), changed(more=int)) == []


def test_a_body_is_read_again() -> None:
    data = outgoing.Alert(1, "L1", 2, "weapons")
    event = outgoing.AlertRaised("e", datetime(2026, 11, 2, tzinfo=UTC), data)
    text = outgoing.encoded(event)
    assert b'"type":"alert.opened"' in text
    assert msgspec.json.decode(text, type=outgoing.OutgoingEvent) == event
