"""The listings of a duel: texts from which two models learn two scores."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from mimawari.listings.listing import Listing
from mimawari.simulation.marketplace import CODAS, ONSETS, START, VOWELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.simulation.items import Items

WIDTH = 0.15  # of a level, in standard deviations of the scores
BOTH = ("a", "b")


@lru_cache(maxsize=4_096)
def level_word(side: str, level: int) -> str:
    """Give the word that says how high a model's score is.

    Examples
    --------
    >>> level_word("a", 20) == level_word("a", 20), level_word("a", 20) == level_word("b", 20)
    (True, False)
    """
    random = Random(f"{side} {level}")  # noqa: S311  # a simulation keeps no secrets
    return "".join(
        random.choice(ONSETS) + random.choice(VOWELS) + random.choice(CODAS) for _ in range(4)
    )


def duel_listings(
    items: Items, topic: str, prefix: str = "duel", sides: tuple[str, ...] = BOTH
) -> Iterator[tuple[Listing, frozenset[str]]]:
    """Yield the items of a duel as listings, each with the topics that it violates, day by day.

    A listing's text holds a word for the level of each side's score, with those of the levels
    next to it; all below the reach are alike. A model trained on listings that tell side "a"
    alone learns to rank as A does, one trained on side "b" as B does; on listings that tell
    both, their lists then have about the duel's precisions and overlap (levels are `WIDTH`
    wide, and training has its noise).
    A cluster is a seller, so that clusters, day effects and drift are those of the items.

    Parameters
    ----------
    topic
        What violations violate.
    prefix
        Of the identifiers: listings of two draws need different ones.
    sides
        Which sides the texts tell. With one, the other's words are those of a random listing,
        and violations below this side's reach are left out: they were drawn for the other's
        sake, and among all listings below the reach hardly any violates.

    Examples
    --------
    >>> from mimawari.simulation.duel import Duel
    >>> from mimawari.simulation.effects import Effects
    >>> from mimawari.simulation.items import draw_items
    >>> duel = Duel.solve(10_000, 0.01, 0.5, 0.6, 0.7, capacity=50)
    >>> items = draw_items(duel, np.zeros(1, int), Effects(), np.random.default_rng(0))
    >>> listing, violated = next(duel_listings(items, "weapons"))
    >>> listing.id, len(listing.description.split())
    ('duel-0', 6)
    """
    reach = float(np.maximum(items.a, items.b).min())
    shown = [items.a if side == "a" else items.b for side in sides]
    order = np.argsort(items.day, kind="stable")
    order = order[(np.max(shown, axis=0) >= reach)[order] | ~items.violates[order]]
    random = np.random.default_rng(len(order))
    scores = {
        side: values if side in sides else random.permutation(values)
        for side, values in (("a", items.a), ("b", items.b))
    }
    for number, row in enumerate(order.tolist()):
        words = []
        for side in BOTH:
            level = round(max(reach, float(scores[side][row])) / WIDTH)
            words += [level_word(side, near) for near in (level - 1, level, level + 1)]
        day = int(items.day[row])
        yield (
            Listing(
                id=f"{prefix}-{number}",
                version=1,
                seller_id=f"{prefix}-seller-{int(items.cluster[row])}",
                title=f"lot {prefix}",
                description=" ".join(words),
                price_minor=1_000,
                currency="JPY",
                category=("lots",),
                created_at=START + timedelta(days=day),
            ),
            frozenset([topic] if items.violates[row] else []),
        )
