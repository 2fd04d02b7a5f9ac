"""Bad listings: every problem at once, each with its field and a remedy."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.listings.currency import EXPONENTS, from_minor, to_minor
from mimawari.listings.listing import Listing
from mimawari.listings.validation import LIMITS, parse_listing, validate

GOOD: dict[str, Any] = {"id": "1", "version": 1, "seller_id": "s", "title": "A cup"}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"title": ""}, "title", "is empty"),
        ({"title": " \n "}, "title", "is empty"),
        ({"title": "x" * 900_000}, "title", "has 900,000 characters"),
        ({"title": "x" * 10_000_000}, "body", "bytes"),
        ({"title": "a\x00b"}, "title", "a NUL at character 1"),
        ({"description": "x" * 20_001}, "description", "20,001"),
        ({"price_minor": -1, "currency": "JPY"}, "price_minor", "is -1"),
        ({"price_minor": 1e308, "currency": "JPY"}, "price_minor", ""),
        ({"price_minor": "free", "currency": "JPY"}, "price_minor", "str"),
        ({"price_minor": 5}, "currency", "is missing"),
        ({"currency": "JPY"}, "price_minor", "is missing"),
        ({"price_minor": 5, "currency": "XXX"}, "currency", "unknown"),
        ({"price_minor": 10**15 + 1, "currency": "JPY"}, "price_minor", "is 1000000000000001"),
        ({"image_urls": ["https://a.example/1.jpg"] * 10_000}, "image_urls", "10,000"),
        ({"image_urls": ["javascript:alert(1)"]}, "image_urls[0]", "is 'javascript"),
        ({"image_urls": ["http://[::1"]}, "image_urls[0]", "is 'http"),
        ({"category": ["a"] * 11}, "category", "11 levels"),
        ({"category": [""]}, "category[0]", "is empty"),
        ({"condition": "shiny"}, "condition", "Invalid enum value"),
        ({"language": "not a tag"}, "language", "is 'not a tag'"),
        ({"created_at": "2026-01-01T00:00:00"}, "created_at", "no time zone"),
        ({"created_at": "1899-01-01T00:00:00Z"}, "created_at", "year 1899"),
        ({"created_at": "yesterday"}, "created_at", ""),
        ({"attributes": {str(i): "" for i in range(65)}}, "attributes", "65"),
        ({"attributes": {"a": "x" * 1_001}}, "attributes.a", "1,001"),
        ({"version": -1}, "version", "is -1"),
        ({"version": 2**60}, "version", "is 1152921504606846976"),
        ({"titel": "x"}, "titel", "is unknown"),
    ],
)
def test_each_bad_field_is_named(change: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_listing(msgspec.json.encode(GOOD | change))
    problem = caught.value.problems[0]
    assert problem.field == field
    assert said in problem.problem
    assert problem.remedy
    assert len(str(problem)) < 500


def test_all_problems_come_at_once() -> None:
    bad = GOOD | {"title": "", "price_minor": -1, "currency": "???", "image_urls": ["x"]}
    with pytest.raises(InvalidInputError) as caught:
        parse_listing(bad)
    fields = [p.field for p in caught.value.problems]
    assert fields == ["title", "price_minor", "currency", "image_urls[0]"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"[" * 100_000, b'{"id": "\\ud800"}']
)
def test_what_is_no_listing_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        parse_listing(body)


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="surrogate"):
        parse_listing(GOOD | {"title": "a\ud800"})


def test_right_to_left_marks_and_emoji_are_allowed() -> None:
    assert validate(parse_listing(GOOD | {"title": "\u202eabc\u202c 🔫"})) == ()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_listing_or_problems(body: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        assert isinstance(parse_listing(body), Listing)


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(0, LIMITS["price_minor"]))
def test_minor_units_round_trip(currency: str, minor: int) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize("amount", ["free", "nan", "inf", "", "1e999999", None])
def test_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(InvalidInputError, match="is no amount"):
        to_minor(amount, "JPY")
