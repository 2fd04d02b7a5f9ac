from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from mimawari.listings.batch import ListingBatch
from mimawari.simulation.marketplace import synthetic_listings, topic_words


def test_same_seed_same_listings_however_many() -> None:
    few = list(synthetic_listings(20, seed=3))
    assert few == list(islice(synthetic_listings(10**9, seed=3), 20))
    assert few != list(synthetic_listings(20, seed=4))


@pytest.mark.parametrize("characters", [40, 300])
def test_rates_lengths_and_order(characters: int) -> None:
    told = list(synthetic_listings(3000, 0, characters=characters, violation_rate=0.1))
    assert np.mean([bool(v) for _, v in told]) == pytest.approx(0.1, abs=0.02)
    assert np.mean([len(one.text) for one, _ in told]) == pytest.approx(characters, rel=0.25)
    times = [one.created_at for one, _ in told]
    assert times == sorted(times)
    assert {one.language for one, _ in told} == {"en", "ja"}


def test_truth_shows_in_the_words_and_in_the_sellers() -> None:
    told = list(synthetic_listings(2000, 5, topics=2, violation_rate=0.2))
    texts = ListingBatch.of([one for one, _ in told]).texts
    english, japanese = topic_words(5, 1)
    canon = ListingBatch.of(
        [one.__class__(id=w, version=1, seller_id="s", title=w)
         for one, w in zip((t[0] for t in told), (*english, *japanese), strict=False)]
    ).texts  # fmt: skip
    words = [canon.text(i) for i in range(len(canon))]
    found = [sum(w in texts.text(i).replace(" ", "") for w in words) for i in range(len(texts))]
    inside = np.array(["topic_001" in violated for _, violated in told])
    assert np.mean(np.array(found)[inside] >= 2) > 0.95
    assert np.mean(np.array(found)[~inside] >= 2) < 0.01
    sellers = {one.seller_id for one, violated in told if violated}
    assert len(sellers) < inside.sum()


def test_no_topics_and_no_listings() -> None:
    assert list(synthetic_listings(0, 0)) == []
    assert all(not violated for _, violated in synthetic_listings(30, 0, topics=0))
