"""The window statistic: its level by exact dynamic programming over small windows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mimawari.evaluation.window import window_trajectory


@pytest.mark.parametrize("size", [1, 4, 7])
def test_level_over_every_order_of_every_window(size: int) -> None:
    """Equally likely orders of each window: no expectation above 1, no crossing above alpha."""
    for hits, known in itertools.product(range(size + 1), repeat=2):
        if hits > known:
            continue
        orders = [
            labels for labels in itertools.product((0, 1), repeat=size) if sum(labels) == hits
        ]
        runs = np.exp([window_trajectory(labels, size, known) for labels in orders])
        assert (runs.mean(axis=0) <= 1 + 1e-9).all(), (hits, known)
        assert (runs.max(axis=1) >= 5).mean() <= 0.2


def test_a_martingale_where_both_hold_the_same() -> None:
    orders = [labels for labels in itertools.product((0, 1), repeat=6) if sum(labels) == 3]
    runs = np.exp([window_trajectory(labels, 6, 3) for labels in orders])
    assert runs[:, :3].mean(axis=0) == pytest.approx(1)


def test_more_hits_than_the_other_list_are_proof() -> None:
    log_e = window_trajectory([1, 0, 1, 1], 10, 2)
    assert np.isinf(log_e[-1])
    assert np.isfinite(log_e[:-1]).all()


def test_what_is_left_cannot_hold_them() -> None:
    assert window_trajectory([0, 0, 0], 3, 0)[-1] == -np.inf
    assert len(window_trajectory([], 3, 0)) == 0
    assert window_trajectory([1, 1], 2, 2).tolist() == [0, 0]
