"""The gauge sees style, and only style."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mimawari.evaluation.leak import MARKS, leak_gauge, style_counts


def titles(count: int, seed: int) -> list[str]:
    chooser = random.Random(seed)
    return [" ".join(chooser.choices(["red", "cup", "old", "map"], k=4)) for _ in range(count)]


def test_no_style_no_leak_and_plain_style_full_leak() -> None:
    plain = titles(600, 0)
    labels = np.array([i % 3 == 0 for i in range(600)], np.int8)
    groups = [f"s{i % 90}" for i in range(600)]
    assert leak_gauge(plain, labels, groups, seed=0) == pytest.approx(0.5, abs=0.08)
    shouted = [t.upper() if y else t for t, y in zip(plain, labels, strict=True)]
    assert leak_gauge(shouted, labels, groups, seed=0) > 0.99


def test_a_seller_known_by_style_is_not_taken_for_a_leak() -> None:
    """Each seller shouts or not, whatever it sells: grouped folds must not remember it."""
    chooser = random.Random(1)
    shouts = {s: chooser.random() < 0.5 for s in range(150)}
    bad = {s: chooser.random() < 0.5 for s in range(150)}
    sellers = [i % 150 for i in range(900)]
    texts = [t.upper() if shouts[s] else t for t, s in zip(titles(900, 2), sellers, strict=True)]
    labels = np.array([bad[s] for s in sellers], np.int8)
    assert leak_gauge(texts, labels, [str(s) for s in sellers], seed=0) < 0.62


def test_counts_of_one_title() -> None:
    counts = style_counts(["2 RED Cups!! (new)", ""])
    assert counts.shape == (2, 20)
    by_mark = dict(zip(MARKS, counts[0, 8:], strict=True))
    assert by_mark["!"] == 2
    assert by_mark["("] == by_mark[")"] == 1
    assert counts[0, :3].tolist() == [18, 4, 4.5]
    assert counts[0, 3:8].tolist() == pytest.approx([4 / 18, 1 / 18, 0.25, 0.25, 1])
    assert not counts[1].any()
