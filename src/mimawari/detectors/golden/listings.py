"""The listings of golden scores: written for the starter pack, so nobody's data is in a model."""

from __future__ import annotations

from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.packs import starter
from mimawari.detectors.topicfile import load
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from mimawari.detectors.topicfile import TopicFile

OF_A_TOPIC = 6
"""Listings of each topic of the pack, violating and near miss in turns."""
PRICES = (None, 100, 4_500, 120_000)
DESCRIPTIONS = ("", "Used twice, ships today. 送料込み、匿名配送です。", "see picture ✨ DM me")
CATEGORIES = ((), ("Sports", "Outdoor"), ("Home", "Kitchen"))


@cache
def golden_listings() -> tuple[Listing, ...]:
    """Give the same listings always: every topic, two languages, disguises, with and without price.

    Examples
    --------
    >>> listings = golden_listings()
    >>> len(listings), len({listing.id for listing in listings})
    (168, 168)
    >>> any(not listing.title.isascii() for listing in listings)
    True
    """
    titles = [title for path in starter() for title in _titles(load(path))]
    return tuple(_listing(number, title) for number, title in enumerate(titles))


def _titles(topic: TopicFile) -> list[str]:
    """Give the first examples of the topic's rules, the first of each rule before the second."""
    violating = [[e.listing.title for e in rule.match] for rule in topic.rules]
    near_misses = [[e.listing.title for e in rule.no_match] for rule in topic.rules]
    both = [titles for pair in zip(violating, near_misses, strict=True) for titles in pair]
    in_turns = [title for turn in zip_longest(*both) for title in turn if title]
    return list(dict.fromkeys(in_turns))[:OF_A_TOPIC]


def _listing(number: int, title: str) -> Listing:
    price = PRICES[number % len(PRICES)]
    listing = Listing(
        id=f"golden-{number}",
        version=1,
        seller_id=f"golden-{number % 7}",
        title=title,
        description=DESCRIPTIONS[number % len(DESCRIPTIONS)],
        category=CATEGORIES[number % len(CATEGORIES)],
    )
    return (
        listing
        if price is None
        else msgspec.structs.replace(listing, price_minor=price, currency="JPY")
    )
