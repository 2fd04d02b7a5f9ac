"""Turn the examples of a rule into listings."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

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
    return tuple(_example(value, f"{where}[{i}]", problems) for i, value in enumerate(raw))


def _example(raw: object, where: str, problems: Problems) -> RuleExample:
    table = {"title": raw} if isinstance(raw, str) else raw
    if not isinstance(table, dict):
        problems.add(where, f"is {shown(raw)}", "write a title or a table")
        return NOTHING
    problems.known_keys(table, Example.__struct_fields__, where)
    known = {k: v for k, v in table.items() if k in Example.__struct_fields__}
    try:
        example = msgspec.convert(known, Example)
        return RuleExample(_listing(example), example.price_vs_median)
    except msgspec.ValidationError as error:
        reason = str(error).replace("`", "'").replace("$.", "")
        problems.add(where, f"is no listing: {reason}", "correct the example")
    except (InvalidInputError, ValueError, OverflowError) as error:
        problems.add(where, f"is no listing: {error}", "correct the example")
    return NOTHING


def _listing(example: Example) -> Listing:
    if not 0 <= example.image_count <= 40:
        raise ValueError("image_count is not 0 to 40")
    if example.price is not None and not (math.isfinite(example.price) and example.currency):
        raise ValueError("a price is a number beside a currency")
    price, category, age = example.price, example.category, example.seller_age_days
    return Listing(
        id="example",
        version=1,
        seller_id="example",
        title=example.title,
        description=example.description,
        price_minor=None if price is None else to_minor(price, str(example.currency)),
        currency=example.currency,
        brand=example.brand,
        category=(category,) if isinstance(category, str) else category,
        condition=example.condition,
        image_urls=(IMAGE,) * example.image_count,
        picture_text=example.picture_text,
        language=example.language,
        created_at=EXAMPLE_TIME,
        seller_created_at=None if age is None else EXAMPLE_TIME - timedelta(days=age),
        attributes=example.attributes,
    )
