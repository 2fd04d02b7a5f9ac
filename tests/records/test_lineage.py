"""Lineages come back as they were written, whoever wrote them."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.records.json import JsonObject, JsonValue
from mimawari.records.lineage import Lineage

NAMES = st.sampled_from((*Lineage.__struct_fields__, "shop", "trained by")) | st.text(max_size=5)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=6,
)


@given(plain=st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_object_survives(plain: JsonObject) -> None:
    again = Lineage.of(plain).plain()
    assert json.dumps(again, sort_keys=True) == json.dumps(plain, sort_keys=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows", "many"), ("rows", 5.0), ("rows", True), ("by", None), ("topics", ["a", 1])],
)
def test_a_fact_in_another_form_is_a_note(name: str, value: JsonValue) -> None:
    lineage = Lineage.of({name: value})
    assert getattr(lineage, name) is None
    assert lineage.notes == {name: value}


def test_the_later_fact_counts_and_notes_add_up() -> None:
    first = Lineage(by="ann", rows=3, notes={"shop": "north", "till": 1})
    joined = first.joined(Lineage(by="eve", notes={"shop": "south"}))
    assert joined == Lineage(by="eve", rows=3, notes={"shop": "south", "till": 1})
    assert first.joined(None) is first


def test_it_is_read_from_json_as_a_struct_of_its_own() -> None:
    lineage = Lineage(by="ann", topics=("a", "b"), settings={"folds": 5, "spec": {"bits": 10}})
    assert Lineage.of(msgspec.json.decode(msgspec.json.encode(lineage.plain()))) == lineage
