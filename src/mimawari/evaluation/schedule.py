"""The order in which a back-test's items are taken, so that its evidence is valid at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One step: an item of the candidate's list to review, and the champion's items beside it."""

    day: int
    candidate: int
    champion: tuple[int, ...]


def _shuffled(items: Sequence[Item], random: Generator) -> list[Item]:
    return [items[i] for i in random.permutation(len(items))]


def reuse_schedule(
    champion: Mapping[int, Sequence[int]],
    candidate: Mapping[int, Sequence[int]],
    random: Generator,
    fraction: float = 0.1,
) -> list[Scheduled]:
    """Order a window's items into blocks of known champion labels and one candidate item.

    Within each day both lists are shuffled. In every round each day, in random order, gives
    its next ``max(1, fraction * left)`` known labels and its next candidate item: the sample
    is spread over all days, and the first blocks, which decide most trials, get most labels. A
    day is done when either side is used up.

    Parameters
    ----------
    champion
        By day, items with a known label that only the champion lists.
    candidate
        By day, items that only the candidate lists.

    Examples
    --------
    >>> import numpy as np
    >>> steps = reuse_schedule({0: range(5)}, {0: [7, 8]}, np.random.default_rng(0), 0.5)
    >>> [len(step.champion) for step in steps]
    [2, 1]
    """
    known = {day: _shuffled(items, random) for day, items in sorted(champion.items())}
    asked = {day: _shuffled(candidate.get(day, ()), random) for day in known}
    steps = []
    while days := [day for day in known if known[day] and asked[day]]:
        for day in _shuffled(days, random):
            take = max(1, int(fraction * len(known[day])))
            block = tuple(known[day].pop() for _ in range(take))
            steps.append(Scheduled(day, asked[day].pop(), block))
    return steps


def known_places(
    known: Sequence[int], listed: int, empty: Sequence[int], random: Generator
) -> list[int]:
    """Give what stands for one day's list of the champion's: known labels, and empty places.

    That a place is empty is always known, the label of an item is not. All empty places beside
    a part of the items would make the champion look worse than it is: of them the same part is
    taken, rounded by chance so that it is right on average.

    Parameters
    ----------
    known
        Items with a known label.
    listed
        Number of items that only the champion lists, with a label or without.
    empty
        The places that its list leaves empty.

    Examples
    --------
    >>> import numpy as np
    >>> known_places([3, 4, 5], 6, [-1, -1], np.random.default_rng(0))
    [3, 4, 5, -1]
    >>> known_places([], 6, [-1, -1], np.random.default_rng(0))
    []
    >>> known_places([], 0, [-1, -1], np.random.default_rng(0))
    [-1, -1]
    """
    share = len(known) / listed if listed else 1.0
    return [*known, *empty[: int(share * len(empty) + random.random())]]


def pair_schedule(
    pairs: Mapping[int, Sequence[tuple[int, int]]], random: Generator
) -> list[Scheduled]:
    """Order a window's pairs (champion's item, candidate's item): shuffled, spread over days.

    Examples
    --------
    >>> import numpy as np
    >>> steps = pair_schedule({0: [(1, 2)], 1: [(3, 4), (5, 6)]}, np.random.default_rng(0))
    >>> sorted(step.day for step in steps[:2]), steps[2].day
    ([0, 1], 1)
    """
    left = {day: _shuffled(items, random) for day, items in sorted(pairs.items())}
    steps = []
    while days := [day for day in left if left[day]]:
        for day in _shuffled(days, random):
            a, b = left[day].pop()
            steps.append(Scheduled(day, b, (a,)))
    return steps
