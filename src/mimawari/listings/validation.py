"""Checks a listing and says everything that is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.currency import EXPONENTS, code_for
from mimawari.listings.decoding import CONVERSION_ERRORS, decode_object, shape_problems
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

LIMITS = {
    "id": 200,
    "seller_id": 200,
    "title": 500,
    "description": 20_000,
    "brand": 200,
    "category levels": 10,
    "category": 100,
    "image_urls": 40,
    "image_url": 2_048,
    "picture_text": 20_000,
    "language": 35,
    "attributes": 64,
    "attribute name": 100,
    "attribute value": 1_000,
    "price_minor": 10**15,
    "version": 2**53,
    "body": 1_000_000,
}
"""Most characters of each text, most items of each list, greatest numbers."""

_BAD = re.compile("[\x00\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def validate(listing: Listing) -> tuple[FieldProblem, ...]:
    """Give every problem of a listing; none for a good one.

    Examples
    --------
    >>> listing = Listing(id="1", version=1, seller_id="s", title="", price_minor=-1)
    >>> [p.field for p in validate(listing)]
    ['title', 'price_minor', 'currency']
    """
    return tuple(_problems(listing))


def parse_listing(data: bytes | str | Mapping[str, object]) -> Listing:
    """Decode one listing from JSON (or plain data) and check it.

    Raises
    ------
    InvalidInputError
        With every problem found; values of the wrong type hide what is wrong with the others.

    Examples
    --------
    >>> parse_listing(b'{"id": "1", "version": 1, "seller_id": "s", "title": "cup"}').title
    'cup'
    """
    if not isinstance(data, bytes | str):
        return checked(data)
    if len(data) > LIMITS["body"]:
        raise InvalidInputError(_over("body", len(data), "bytes", LIMITS["body"]))
    try:
        listing = msgspec.json.decode(data, type=Listing)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is one, too
        return checked(decode_object(data, "body", error))
    return _without_problems(listing)


def checked(data: Mapping[str, object]) -> Listing:
    """Turn plain data into a listing; raises with the problems of every field."""
    try:
        listing = msgspec.convert(data, Listing)
    except CONVERSION_ERRORS as error:
        raise InvalidInputError(*shape_problems(data)) from error
    return _without_problems(listing)


def _without_problems(listing: Listing) -> Listing:
    problems = validate(listing)
    if problems:
        raise InvalidInputError(*problems)
    return listing


def _over(field: str, size: int, unit: str, most: int) -> FieldProblem:
    return FieldProblem(field, f"has {size:,} {unit}", f"at most {most:,}")


def _text(field: str, value: str, most: int, needed: bool = False) -> Iterator[FieldProblem]:
    if len(value) > most:
        yield _over(field, len(value), "characters", most)
        return
    if not value.isascii() or "\x00" in value:
        bad = _BAD.search(value)
        if bad:
            what = "a NUL" if bad.group() == "\x00" else "half of a surrogate pair"
            remedy = "remove it" if bad.group() == "\x00" else "send whole characters as UTF-8"
            yield FieldProblem(field, f"holds {what} at character {bad.start()}", remedy)
            return
    if needed and not _is_seen(value):
        yield FieldProblem(field, _emptiness(value), f"give 1 to {most:,} characters")


def _is_seen(value: str) -> bool:
    return any(c.isprintable() and c != " " for c in value)


def _emptiness(value: str) -> str:
    return "holds nothing that can be seen" if value.strip() else "is empty"


def _problems(listing: Listing) -> Iterator[FieldProblem]:
    yield from _text("id", listing.id, LIMITS["id"], needed=True)
    if not 0 <= listing.version <= LIMITS["version"]:
        yield FieldProblem("version", f"is {_short(listing.version)}", "give 0 to 2^53")
    yield from _text("seller_id", listing.seller_id, LIMITS["seller_id"], needed=True)
    yield from _title(listing)
    yield from _text("description", listing.description, LIMITS["description"])
    yield from _price(listing)
    if listing.brand is not None:
        yield from _text("brand", listing.brand, LIMITS["brand"])
    yield from _category(listing.category)
    yield from _images(listing.image_urls)
    yield from _text("picture_text", listing.picture_text, LIMITS["picture_text"])
    if listing.language is not None and not _is_language(listing.language):
        yield FieldProblem(
            "language", f"is {_short(listing.language)}", "use a BCP 47 tag: ja, en-GB"
        )
    for field in ("created_at", "updated_at", "seller_created_at"):
        yield from _time(field, getattr(listing, field))
    yield from _attributes(listing.attributes)


def _title(listing: Listing) -> Iterator[FieldProblem]:
    """Check a title, which may be empty beside a description."""
    problems = list(_text("title", listing.title, LIMITS["title"]))
    yield from problems
    if not problems and not _is_seen(listing.title) and not _is_seen(listing.description):
        remedy = f"give 1 to {LIMITS['title']:,} characters, or a description"
        yield FieldProblem("title", _emptiness(listing.title), remedy)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _price(listing: Listing) -> Iterator[FieldProblem]:
    if listing.price_minor is not None:
        if not 0 <= listing.price_minor <= LIMITS["price_minor"]:
            yield FieldProblem(
                "price_minor",
                f"is {_short(listing.price_minor)}",
                f"give 0 to {LIMITS['price_minor']:,}, in minor units (cents, yen)",
            )
        if listing.currency is None:
            yield FieldProblem("currency", "is missing beside a price", "give its ISO 4217 code")
    elif listing.currency is not None:
        yield FieldProblem("price_minor", "is missing beside a currency", "give both or neither")
    if listing.currency is not None and listing.currency not in EXPONENTS:
        remedy = code_for(listing.currency[:20])
        yield FieldProblem("currency", f"{_short(listing.currency)} is unknown", remedy)


def _category(path: tuple[str, ...]) -> Iterator[FieldProblem]:
    if len(path) > LIMITS["category levels"]:
        yield _over("category", len(path), "levels", LIMITS["category levels"])
        return
    for i, level in enumerate(path):
        yield from _text(f"category[{i}]", level, LIMITS["category"], needed=True)


def _images(urls: tuple[str, ...]) -> Iterator[FieldProblem]:
    if len(urls) > LIMITS["image_urls"]:
        yield _over("image_urls", len(urls), "addresses", LIMITS["image_urls"])
        return
    for i, url in enumerate(urls):
        field = f"image_urls[{i}]"
        problems = list(_text(field, url, LIMITS["image_url"], needed=True))
        yield from problems
        if not problems and not _is_web(url):
            yield FieldProblem(field, f"is {_short(url)}", "use an http or https address")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _is_language(tag: str) -> bool:
    return len(tag) <= LIMITS["language"] and _LANGUAGE.fullmatch(tag) is not None


def _time(field: str, value: datetime | None) -> Iterator[FieldProblem]:
    if value is None:
        return
    if value.tzinfo is None:
        yield FieldProblem(field, "has no time zone", "write it as 2026-01-31T12:00:00Z")
    elif not 2000 <= value.year <= 2100:
        yield FieldProblem(field, f"is in the year {value.year}", "give 2000 to 2100")


def _attributes(attributes: dict[str, str]) -> Iterator[FieldProblem]:
    if len(attributes) > LIMITS["attributes"]:
        yield _over("attributes", len(attributes), "entries", LIMITS["attributes"])
        return
    for name, value in attributes.items():
        yield from _text(f"attributes: name {_short(name)}", name, LIMITS["attribute name"], True)
        yield from _text(f"attributes: value of {_short(name)}", value, LIMITS["attribute value"])
