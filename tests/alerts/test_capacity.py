"""The running top K holds what sorting everything would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mimawari.alerts.capacity import DayTopK

streams = st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), max_size=40)


@given(stream=streams, capacity=st.integers(0, 6))
def test_final_set_equals_sorting_everything(stream: list[float], capacity: int) -> None:
    top: DayTopK[int] = DayTopK(capacity)
    ties = [f"{(i * 7919) % 101:03}-{i}" for i in range(len(stream))]
    for i, score in enumerate(stream):
        top.offer(score, i, ties[i])
    best = sorted(range(len(stream)), key=lambda i: (stream[i], ties[i]), reverse=True)
    assert top.keys() == set(best[:capacity])


@given(stream=streams, capacity=st.integers(1, 6))
def test_admissions_and_displacements_account_for_every_change(
    stream: list[float], capacity: int
) -> None:
    top: DayTopK[int] = DayTopK(capacity)
    inside: set[int] = set()
    for i, score in enumerate(stream):
        before = top.floor
        admitted = top.offer(score, i, str(i))
        if admitted is None:
            assert score <= before
            continue
        inside.add(i)
        if admitted.displaced is not None:
            inside.remove(admitted.displaced)
        assert inside == top.keys()
    assert len(inside) == min(capacity, len(stream))


@given(stream=streams, capacity=st.integers(0, 6), less=st.integers(-1, 6))
def test_a_lower_capacity_keeps_the_best(stream: list[float], capacity: int, less: int) -> None:
    top: DayTopK[int] = DayTopK(capacity)
    for i, score in enumerate(stream):
        top.offer(score, i, f"{i:02}")
    before = top.keys()
    out = top.shrink(less)
    best = sorted(before, key=lambda i: (stream[i], f"{i:02}"), reverse=True)
    assert top.keys() == set(best[: max(0, less)])
    assert out == best[max(0, less) :][::-1], "lowest first"
