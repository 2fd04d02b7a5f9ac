"""A champion that lists fewer than K: its empty places weigh as much as in its lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mimawari.service.trials.pool import EMPTY, Pool
from mimawari.service.trials.prepare import _Day, _prior, _reuse_steps, _Window

START = datetime(2026, 3, 2, tzinfo=UTC)
K, LISTED, LABELLED, DAYS = 10, 5, 3, 40


def window() -> _Window:
    """Give days of which the champion fills half, and 3 of 5 items have a label."""
    days, labels = [], {EMPTY: 0}
    for number in range(DAYS):
        items = [100 * number + place + 1 for place in range(LISTED)]
        labels |= dict.fromkeys(items[:LABELLED], 1)
        day = _Day(START + timedelta(days=number), Pool(K))
        day.champion = [*items, *[EMPTY] * (K - LISTED)]
        day.candidate = [100 * number + 50 + place for place in range(K)]
        days.append(day)
    return _Window(days, days, labels)


def test_empty_places_are_half_of_what_stands_for_a_half_filled_list() -> None:
    steps = _reuse_steps(window(), np.random.default_rng(1))
    taken = [item for step in steps for item in step.champion]
    assert taken.count(EMPTY) == DAYS * LABELLED
    assert len(taken) == 2 * DAYS * LABELLED


def test_the_rate_before_the_window_is_that_of_places() -> None:
    hits, misses = _prior(window())
    assert hits / (hits + misses) == pytest.approx(0.5, abs=0.01)
