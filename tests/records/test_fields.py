"""Fields are read as declared, and everything wrong with values is named at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from mimawari.errors import InvalidInputError
from mimawari.records.fields import convert, fields_of


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: Annotated[int, Meta(ge=1, le=400, title="days of history")]
    share: Annotated[float, Meta(gt=0, lt=1)] | UnsetType = UNSET
    mode: Literal["safe", "fast"] = "safe"
    start: Annotated[datetime, Meta(tz=True)] | None = None
    note: Annotated[str, Meta(min_length=1, max_length=20, description="why")] = "none"
    rare: bool = False
    names: tuple[str, ...] = ()


def test_what_is_declared_is_read() -> None:
    days, share, mode, start, note, rare, names = fields_of(Window)
    assert (days.title, days.required, days.plain) == ("days of history", True, int)
    assert (share.default, share.plain, share.accepted()) == (
        None, float, "more than 0 and less than 1",
    )  # fmt: skip
    assert (mode.values, mode.plain, mode.default) == (("safe", "fast"), str, "safe")
    assert (start.plain, start.default) == (datetime, None)
    assert (note.description, note.accepted()) == ("why", "a text of 1 to 20 characters")
    assert rare.accepted() == "true or false"
    assert names.accepted() == "a list of texts"


def test_good_values_make_a_struct() -> None:
    assert convert({"days": 3}, Window) == Window(3)
    made = convert({"days": "3", "start": "2026-01-01T00:00:00Z"}, Window, strict=False)
    assert made == Window(3, start=datetime(2026, 1, 1, tzinfo=UTC))


def test_everything_wrong_is_named_with_its_remedy() -> None:
    values = {
        "days": 0, "share": 1, "mode": "slow", "start": "today", "note": "", "rare": {},
        "names": "x", "x": 1,
    }  # fmt: skip
    with pytest.raises(InvalidInputError) as refused:
        convert(values, Window)
    assert [str(problem) for problem in refused.value.problems] == [
        "x: is unknown; known: days, share, mode, start, note, rare, names",
        "days: is 0; give 1 to 400",
        "share: is 1; give more than 0 and less than 1",
        "mode: is 'slow'; give safe or fast",
        "start: is 'today'; give a time with a zone, such as 2026-11-02T00:00:00Z",
        "note: is ''; give a text of 1 to 20 characters",
        "rare: is an object; give true or false",
        "names: is 'x'; give a list of texts",
    ]
    with pytest.raises(InvalidInputError, match="days: is missing; give it"):
        convert({}, Window)


class Item(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(min_length=1, max_length=5)]
    version: int


class Basket(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[Item], Meta(min_length=1, max_length=3)]


GOOD = {"id": "a", "version": 1}


@pytest.mark.parametrize(
    ("items", "problems"),
    [
        ([GOOD, {"id": "b", "version": "x"}], ["items[1].version: is 'x'; give a whole number"]),
        ([{"id": "", "z": 1}], ["items[0].z: is unknown; known: id, version",
                                "items[0].id: is ''; give a text of 1 to 5 characters",
                                "items[0].version: is missing; give it"]),
        ([3, GOOD], ["items[0]: is 3; give an object"]),
        ([], ["items: is a list; give a list of 1 to 3"]),
        ([GOOD] * 4, ["items: is a list; give a list of 1 to 3"]),
        ("a", ["items: is 'a'; give a list of 1 to 3"]),
    ],
)  # fmt: skip
def test_what_is_wrong_within_a_list_is_named_by_its_place(
    items: object, problems: list[str]
) -> None:
    with pytest.raises(InvalidInputError) as error:
        convert({"items": items}, Basket)
    assert [str(problem) for problem in error.value.problems] == problems


def test_of_a_long_list_the_first_problems_are_named() -> None:
    class Many(msgspec.Struct):
        items: list[Item]

    with pytest.raises(InvalidInputError) as error:
        convert({"items": [{}] * 5_000}, Many)
    assert len(error.value.problems) == 10
