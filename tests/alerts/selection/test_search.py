"""Searching by few labels: what reads like known violations, and hits of rules, in turn."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.alerts.selection import Pool, choose, embed, likeness
from mimawari.alerts.selection.search import in_turn
from mimawari.errors import InvalidInputError
from mimawari.listings.normalise import canonicalise

TITLES = ["old gun", "blue cup", "red lamp", "gun, new", "cup, new", "tin soldier", "lamp, tin"]
TEXTS = canonicalise(TITLES)


@pytest.mark.parametrize(
    ("known", "is_none"), [([], True), ([0, 0], True), ([1, 1], True), ([1, 0], False)]
)
def test_both_kinds_of_labels_are_needed(known: list[int], is_none: bool) -> None:
    labels = np.array([*known, *[np.nan] * (len(TITLES) - len(known))])
    assert (likeness(TEXTS, labels) is None) == is_none


def test_one_violation_is_enough_to_search_by() -> None:
    scores = likeness(TEXTS, np.array([1, 0, 0, *[np.nan] * 4]))
    assert scores is not None
    assert np.isfinite(scores).all()
    assert max(range(3, 7), key=lambda row: scores[row]) == 3


def test_texts_without_words_are_ordered_too() -> None:
    scores = likeness(canonicalise(["", "!!!", "***"]), np.array([1, 0, np.nan]))
    assert scores is not None
    assert np.isfinite(scores).all()


def test_orders_take_turns_and_skip_what_is_labelled() -> None:
    pool = Pool("abcde", np.array([True, False, False, False, False]))
    first, second = [0.9, 0.8, 0.7, 0.6, 0.5], [0.9, np.nan, np.nan, 0.1, 0.2]
    orders = np.array([first, second])
    assert in_turn(orders, pool, 3).tolist() == [1, 4, 2, 3]
    assert in_turn(orders, pool, 1).tolist() == [1, 4]
    assert in_turn(np.full((1, 5), np.nan), pool, 3).tolist() == []


def test_the_search_leaves_a_share_to_chance_with_its_probability() -> None:
    known = np.array([True, *[False] * 6])
    search = np.array(
        [[9.0, 1, 2, 8, 3, 0, 0], [np.nan, np.nan, np.nan, np.nan, np.nan, 1, np.nan]]
    )
    pool = Pool([str(i) for i in range(7)], known, vectors=embed(TEXTS), search=search)
    chosen = choose(pool, 4)
    assert chosen.rows[:3].tolist() == [3, 5, 4]
    assert chosen.probability.tolist() == [1, 1, 1, pytest.approx(1 / 3)]


def test_a_search_that_is_too_short_leaves_more_to_chance() -> None:
    search = np.array([[np.nan] * 6 + [1.0]])
    pool = Pool([str(i) for i in range(7)], np.zeros(7, bool), vectors=embed(TEXTS), search=search)
    chosen = choose(pool, 5)
    assert chosen.rows[0] == 6
    assert chosen.probability.tolist() == [1, *[pytest.approx(4 / 6)] * 4]


def test_orders_of_another_length_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="search: holds 2 listings; give 3"):
        Pool("abc", np.zeros(3, bool), search=np.zeros((1, 2)))
