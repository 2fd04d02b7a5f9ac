"""Turns the examples of a rule into listings."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from mimawari.detectors.topicfile.problems import shown
from mimawari.detectors.topicfile.schema import RuleExample
from mimawari.errors import InvalidInputError
from mimawari.listings.currency import to_minor
from mimawari.listings.listing import Condition, Listing

if TYPE_CHECKING:
    from mimawari.detectors.topicfile.problems import Problems

EXAMPLE_TIME = datetime(2026, 1, 1, tzinfo=UTC)
MOST_EXAMPLES = 200
IMAGE = "https://example.org/a.jpg"
AS_THEY_ARE = ("title", "description", "currency", "brand", "condition", "language", "picture_text")


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an example may say of its listing."""

    title: str = ""
    description: str = ""
    price: int | float | None = None
    currency: str | None = None
    brand: str | None = None
    category: str | tuple[str, ...] = ()
    condition: Condition = Condition.UNKNOWN
    language: str | None = None
    seller_age_days: float | None = None
    image_count: int = 0
    picture_text: str = ""
    attributes: dict[str, str] = {}
    price_vs_median: float | None = None


NOTHING = RuleExample(Listing(id="example", version=1, seller_id="example", title=""))


def parse_examples(raw: object, where: str, problems: Problems) -> tuple[RuleExample, ...]:
    """Read a list of examples, each a title or a table; at least one."""
    if not isinstance(raw, list) or not raw:
        problems.add(where, "is empty", "give a list of at least one example")
        return ()
    if len(raw) > MOST_EXAMPLES:
        problems.add(where, f"has {len(raw):,} examples", f"give at most {MOST_EXAMPLES}")
        return ()
    return tuple(_example(one, f"{where}[{i}]", problems) for i, one in enumerate(raw))


def _example(raw: object, where: str, problems: Problems) -> RuleExample:
    table = {"title": raw} if isinstance(raw, str) else raw
    if not isinstance(table, dict):
        problems.add(where, f"is {shown(raw)}", "write a title or a table")
        return NOTHING
    problems.known_keys(table, Example.__struct_fields__, where)
    known = {k: v for k, v in table.items() if k in Example.__struct_fields__}
    try:
        return _listing(msgspec.convert(known, Example))
    except msgspec.ValidationError as error:
        said = str(error).replace("`", "'").replace("$.", "")
        problems.add(where, f"is no listing: {said}", "correct the example")
    except (InvalidInputError, ValueError, OverflowError) as error:
        problems.add(where, f"is no listing: {error}", "correct the example")
    return NOTHING


def _listing(one: Example) -> RuleExample:
    if not 0 <= one.image_count <= 40:
        raise ValueError("image_count is not 0 to 40")
    if one.price is not None and not (math.isfinite(one.price) and one.currency):
        raise ValueError("a price is a number beside a currency")
    same: dict[str, Any] = {key: getattr(one, key) for key in AS_THEY_ARE}
    age = one.seller_age_days
    listing = Listing(
        id="example",
        version=1,
        seller_id="example",
        price_minor=None if one.price is None else to_minor(one.price, str(one.currency)),
        category=(one.category,) if isinstance(one.category, str) else one.category,
        image_urls=(IMAGE,) * one.image_count,
        created_at=EXAMPLE_TIME,
        seller_created_at=None if age is None else EXAMPLE_TIME - timedelta(days=age),
        attributes=one.attributes,
        **same,
    )
    return RuleExample(listing, one.price_vs_median)
