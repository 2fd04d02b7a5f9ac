"""Recall under attack, against plain counting, and on a detector whose words are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mimawari.errors import InvalidInputError
from mimawari.evaluation.attacks import attack, measure, places, recall_under_attack, strongest
from mimawari.listings.disguises import DISGUISES
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical

WEIGHTS = {"gun": 3.0, "real": 1.0, "cup": -2.0}


def listing(i: int, title: str, description: str = "") -> Listing:
    return Listing(
        id=str(i), version=1, seller_id=f"s{i % 7}", title=title, description=description
    )


def by_words(batch: Sequence[Listing]) -> NDArray[np.float64]:
    """Score by the known words, read in the canonical form."""
    return np.array([sum(WEIGHTS.get(w, 0) for w in canonical(x.text).split()) for x in batch])


def by_bare_words(batch: Sequence[Listing]) -> NDArray[np.float64]:
    """Score by the known words, read as they are written."""
    return np.array([sum(WEIGHTS.get(w, 0) for w in x.text.split()) for x in batch], float)


MARKET = [listing(i, "real gun here") for i in range(10)] + [
    listing(i, "blue cup here" if i % 2 else "real wood here") for i in range(10, 40)
]
Y = np.arange(40) < 10
WARE = MARKET[:10]
NAMED = [DISGUISES[name] for name in ("homoglyphs", "stretching")]


def naive(clean: list[int], attacked: list[int], y: list[bool], k: int) -> tuple[float, float]:
    """Count, item by item, the violations whose place is among the k best."""

    def recall(place: list[int]) -> float:
        best = sorted(range(len(place)), key=lambda i: place[i])[:k]
        return sum(y[i] for i in best) / sum(y)

    before, after = recall(clean), recall(attacked)
    return after, after / before if before else float("nan")


@settings(max_examples=60)
@given(st.data())
def test_recall_under_attack_is_what_counting_gives(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    y = data.draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
    clean, attacked = (data.draw(st.permutations(range(n))) for _ in range(2))
    k = data.draw(st.integers(1, 15))
    for given_k, used in ((k, k), (None, sum(y))):
        found = recall_under_attack(np.array(clean), np.array(attacked), np.array(y), given_k)
        np.testing.assert_allclose(found, naive(clean, attacked, y, used))


def test_places_are_a_ranking_with_the_unscored_last() -> None:
    assert places(np.array([0.2, np.nan, 0.9]), ["a", "b", "c"]).tolist() == [1, 3, 0]


def test_the_strongest_words_of_a_known_detector_are_found() -> None:
    title, description = "one real blue cup", "a gun"
    (found,) = strongest([listing(1, title, description)], by_words)
    text = f"{title}\n{description}"
    assert [text[a:b] for a, b in found] == ["gun", "real"]


def test_what_the_detector_undoes_costs_nothing_and_what_it_does_not_costs_all() -> None:
    made = attack(WARE, by_words, NAMED)
    report = measure("guns", MARKET, Y, by_words(MARKET), made)
    assert (report.recall, report.positives, report.k) == (1.0, 10, 10)
    assert [(one.attack, one.targets) for one in report.attacks] == [
        (name, targets) for name in ("homoglyphs", "stretching") for targets in KNOWN
    ]
    assert all(one.kept == one.low == one.high == 1.0 for one in report.attacks)
    bare = attack(WARE, by_bare_words, NAMED)
    report = measure("guns", MARKET, Y, by_bare_words(MARKET), bare)
    knowing, guessing = report.attacks[2:]  # by stretching, which leaves no word as it is
    assert knowing.kept == 0.0
    assert knowing.kept < guessing.kept
    assert knowing.changed == 1.0
    assert knowing.before == "real gun here" != knowing.after
    assert knowing.after.endswith(" here")


KNOWN = ("strongest", "random")


def test_a_list_as_long_as_the_market_keeps_all() -> None:
    made = attack(WARE, by_bare_words, NAMED)
    report = measure("guns", MARKET, Y, by_bare_words(MARKET), made, k=40)
    assert [one.kept for one in report.attacks] == [1.0] * 4
    assert report.k == 40


def test_attacks_are_deterministic_and_counted() -> None:
    told: list[int] = []
    first = attack(WARE, by_words, NAMED, seed=3, progress=told.append)
    again = attack(WARE, by_words, NAMED, seed=3)
    assert [one.listings for one in first] == [one.listings for one in again]
    assert first[0].listings != attack(WARE, by_words, NAMED, seed=4)[0].listings
    assert told == [1, 2, 3, 4]


def test_the_example_is_of_the_field_that_changed() -> None:
    priced = [
        Listing(
            id=str(i), version=1, seller_id=str(i), title="gun", price_minor=700, currency="JPY"
        )
        for i in range(3)
    ]
    made = attack(priced, by_words, [DISGUISES["price"]])
    (one, _) = measure("guns", priced, np.ones(3, bool), by_words(priced), made).attacks
    assert one.before == "700" != one.after


def test_a_file_without_a_violation_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="label:guns: holds no violation"):
        measure("guns", MARKET, np.zeros(40, bool), by_words(MARKET), [])
