"""Two models trained on a duel's listings rank as the duel's two scores do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.training import train
from mimawari.listings.batch import ListingBatch
from mimawari.listings.validation import validate
from mimawari.simulation.duel import Duel
from mimawari.simulation.duel_listings import BOTH, duel_listings, level_word
from mimawari.simulation.effects import Effects
from mimawari.simulation.items import Items, draw_items

TOPIC, K, DAYS = "lots", 100, 12
DUEL = Duel.solve(50_000, 0.005, 0.4, 0.5, 0.7, capacity=K)


def draw(days: int, seed: int, effects: Effects | None = None) -> Items:
    random = np.random.default_rng(seed)
    return draw_items(DUEL, np.zeros(days, int), effects or Effects(), random)


def test_listings_are_valid_in_order_and_true() -> None:
    items = draw(2, 1, Effects(cluster=3.0))
    made = list(duel_listings(items, TOPIC, "x"))
    assert len(made) == len(items.day) == len({listing.id for listing, _ in made})
    for listing, _ in made[:50]:
        validate(listing)
    assert all(a.created_at <= b.created_at for (a, _), (b, _) in pairwise(made))
    assert sum(TOPIC in violated for _, violated in made) == items.violates.sum()
    sellers = [listing.seller_id for listing, _ in made]
    assert len(set(sellers)) == len(set(items.cluster.tolist())) < len(sellers)


def test_words_tell_levels_apart() -> None:
    words = {level_word(side, level) for side in BOTH for level in range(-5, 60)}
    assert len(words) == 130


def test_one_side_leaves_out_what_was_drawn_for_the_other() -> None:
    items = draw(3, 2)
    reach = np.maximum(items.a, items.b).min()
    one = list(duel_listings(items, TOPIC, sides=("a",)))
    assert sum(bool(v) for _, v in one) == (items.violates & (items.a >= reach)).sum()
    assert sum(not v for _, v in one) == (~items.violates).sum()


def test_models_have_the_duels_precisions_and_overlap() -> None:
    past, today = draw(30, 3), draw(DAYS, 4)
    listings, violated = zip(*duel_listings(today, TOPIC, "today"), strict=True)
    batch, y = ListingBatch.of(listings), np.array([bool(v) for v in violated])
    day = np.sort(today.day)
    tops = []
    for side in BOTH:
        rows = ((x, int(bool(v))) for x, v in duel_listings(past, TOPIC, "past", (side,)))
        scores = GbdtDetector(train(collect(rows), TOPIC)).score(batch)[:, 0]
        best = [np.flatnonzero(day == d) for d in range(DAYS)]
        tops.append([set(at[np.argsort(-scores[at], kind="stable")[:K]].tolist()) for at in best])
    precisions = [np.mean([y[list(top)].mean() for top in side]) for side in tops]
    overlap = np.mean([len(a & b) / K for a, b in zip(*tops, strict=True)])
    # Words are rounded scores and models are learnt: somewhat below the targets.
    assert precisions[0] == pytest.approx(0.4, abs=0.04)
    assert precisions[1] == pytest.approx(0.5, abs=0.05)
    assert precisions[1] > precisions[0] + 0.04
    assert overlap == pytest.approx(0.7, abs=0.08)
