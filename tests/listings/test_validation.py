"""Everything wrong with a listing is told, with field, problem and remedy."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.listings.currency import EXPONENTS, from_minor, to_minor
from mimawari.listings.listing import Listing
from mimawari.listings.validation import LIMITS, parse_listing, validate

GOOD: dict[str, Any] = {"id": "1", "version": 1, "seller_id": "s", "title": "cup"}


def problems(**changed: Any) -> list[str]:
    """Give the fields that are refused, after checking that each is told fully and briefly."""
    with pytest.raises(InvalidInputError) as error:
        parse_listing({**GOOD, **changed})
    for one in error.value.problems:
        assert one.field
        assert one.problem
        assert one.remedy
        assert len(str(one)) < 700
    return [one.field for one in error.value.problems]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " \t"),
        ("title", "x" * (LIMITS["title"] + 1)),
        ("title", "x" * 10_000_000),
        ("title", "a\ud800b"),
        ("title", "a\x00b"),
        ("title", 5),
        ("title", None),
        ("description", "あ" * (LIMITS["description"] + 1)),
        ("description", "\udfff"),
        ("id", ""),
        ("id", "x" * 201),
        ("seller_id", "\x00"),
        ("version", -1),
        ("version", 2**53 + 1),
        ("version", "1"),
        ("brand", "\x00"),
        ("language", "japanese!"),
        ("image_urls", ["https://a.example/x"] * 10_000),
        ("condition", "broken"),
        ("category", ["A"] * 11),
        ("created_at", "2026-01-31T12:00:00"),
        ("created_at", "1970-01-01T00:00:00Z"),
        ("created_at", "yesterday"),
        ("attributes", {str(i): "x" for i in range(65)}),
        ("attributes", {"a": 1}),
        ("colour", "red"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode().replace("\x00", "NUL"),
)
def test_one_bad_field(field: str, value: Any) -> None:
    (found,) = problems(**{field: value})
    assert found.startswith(field) or found == "body"


@pytest.mark.parametrize("price", [-1, 10**15 + 1, 10**30, 1e308, "free", True, float("nan")])
def test_bad_prices(price: Any) -> None:
    assert problems(price_minor=price, currency="JPY") == ["price_minor"]


@pytest.mark.parametrize(
    "price", ["-1", "1e308", '"free"', "1e999", "NaN", "9" * 4_000, "9" * 9_000]
)
def test_bad_prices_in_json(price: str) -> None:
    body = json.dumps(GOOD)[:-1] + f', "currency": "JPY", "price_minor": {price}}}'
    with pytest.raises(InvalidInputError) as error:
        parse_listing(body.encode())
    assert all(len(str(one)) < 700 for one in error.value.problems)


@pytest.mark.parametrize("currency", ["XXX", "jpy", "", "¥", "J" * 10_000])
def test_unknown_currency(currency: str) -> None:
    assert problems(price_minor=1, currency=currency) == ["currency"]


def test_price_and_currency_go_together() -> None:
    assert problems(price_minor=1) == ["currency"]
    assert problems(currency="JPY") == ["price_minor"]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "//a.example", "https://", "http://[::1", "",
     "data:image/png;base64,AA", "https://a.example/" + "x" * 2_048, "https://a.example/\x00"],
)  # fmt: skip
def test_bad_addresses(url: str) -> None:
    found = problems(image_urls=["https://a.example/x.jpg", url])
    assert set(found) == {"image_urls[1]"}


def test_all_problems_at_once() -> None:
    found = problems(
        id="",
        title="\x00",
        price_minor=-1,
        image_urls=["ftp://x"],
        category=["A", ""],
        language="!",
    )
    assert found == [
        "id", "title", "price_minor", "currency", "category[1]", "image_urls[0]", "language"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"id":"1"}', b"[" * 100_000, b"{}{}",
     b'{"id":"1","version":1,"seller_id":"s","title":"\xff"}',
     b'{"id":"1","version":1,"seller_id":"s","title":"\\ud800"}'],
    ids=range(11),
)  # fmt: skip
def test_bodies_that_are_no_listing(body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        parse_listing(body)


def test_ten_megabytes_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(InvalidInputError, match="body: has 10,000,002 bytes; at most 1,000,000"):
        parse_listing(b'"' + b"x" * 10_000_000 + b'"')


def test_right_to_left_marks_pass() -> None:
    assert parse_listing({**GOOD, "title": "\u202enug\u200f"}).title == "\u202enug\u200f"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
))  # fmt: skip
def test_any_value_in_any_field_is_taken_or_refused(value: Any) -> None:
    for field in (*Listing.__struct_fields__, "x"):
        with suppress(InvalidInputError):
            assert not validate(parse_listing({**GOOD, field: value}))


def test_round_trip() -> None:
    one = Listing(
        **GOOD, price_minor=10**15, currency="KWD", category=("A",), language="zh-Hant-TW",
        image_urls=("http://a.example:8080/ü",), created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    assert parse_listing(msgspec.json.encode(one)) == one


@given(st.integers(0, 10**15), st.sampled_from(sorted(EXPONENTS)))
def test_minor_units_round_trip(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    "amount", ["free", "", None, "NaN", "-Infinity", "1e308", "9e999999", "1e9999999999", "1,2"]
)
def test_amounts_that_are_none(amount: object) -> None:
    with pytest.raises(InvalidInputError, match="price"):
        to_minor(amount, "USD")
