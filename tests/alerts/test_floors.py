"""Floors equal sorting everything, and skipping below them changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.floors import Floors

scores = st.sampled_from([float("nan"), 0.1, 0.3, 0.3, 0.7, 0.9])
batches = st.lists(st.lists(scores, max_size=8), max_size=6)


@given(batches, st.integers(0, 5))
def test_equal_sorting_everything(stream: list[list[float]], k: int) -> None:
    floors, seen = Floors({"t": k}), []
    for batch in stream:
        column = np.array(batch, np.float32)
        floors.update({"t": column})
        seen += column[~np.isnan(column)].tolist()
        expected = sorted(seen, reverse=True)[:k]
        if k == 0:
            assert floors.current() == {"t": float("inf")}
        else:
            assert floors.current() == ({"t": expected[-1]} if len(seen) >= k else {})


@given(batches, st.integers(1, 5))
def test_what_is_skipped_below_the_floor_would_not_have_entered(
    stream: list[list[float]], k: int
) -> None:
    floors, all_of_it, kept = Floors({"t": k}), DayTopK[int](k), DayTopK[int](k)
    number = 0
    for batch in stream:
        floor = floors.current().get("t", -np.inf)
        column = np.array(batch, np.float32)
        for score in column.tolist():
            if not np.isnan(score):
                all_of_it.offer(score, number, f"{number:03}")
                if score >= floor:
                    kept.offer(score, number, f"{number:03}")
            number += 1
        floors.update({"t": column[column >= floor]})
    assert kept.keys() == all_of_it.keys()


def test_a_topic_without_capacity_is_refused() -> None:
    with pytest.raises(KeyError):
        Floors({}).update({"t": np.zeros(1, np.float32)})
