"""What a day's reviews are spent on while two models are compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mimawari.alerts.disagreement import Lists

if TYPE_CHECKING:
    from numpy.random import Generator


class Mode(StrEnum):
    """How the capacity is shared out.

    *safe* reviews every shared item and a random half of the pairs: as many violations are
    caught as by the champion alone where the models are equal. *fast* reviews pairs first: it
    decides in fewer days and catches less meanwhile. *split* is the published design, half of
    the capacity to each model. *guard* follows the candidate, and a share of the pairs.
    """

    SAFE = "safe"
    FAST = "fast"
    SPLIT = "split"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """Rows to review: shared items, pairs (champion's row, candidate's row), and others.

    Pairs come in random order, as they must be taken; ``others`` are reviewed but tell nothing.
    """

    shared: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    others: tuple[int, ...] = ()

    @property
    def reviews(self) -> int:
        """Reviews that the plan takes."""
        return len(self.shared) + 2 * len(self.pairs) + len(self.others)


def plan_round(
    lists: Lists, capacity: int, random: Generator, mode: Mode = Mode.SAFE, share: float = 0.1
) -> RoundPlan:
    """Share a round's capacity out between what both models list and where they differ.

    Pairs match ranks: the j-th item that only the champion lists with the j-th of the candidate.
    Of m pairs *safe* draws m/2 (half of the time one more where m is odd), uniformly at
    random: reviewing them by rank would bias every look before the end of the round. So K
    reviews are spent, on average where m is odd.

    Parameters
    ----------
    lists
        Of length K, for *split* of K/2.
    capacity
        Reviews of the round; never exceeded, but by one of the odd pair in *safe*.
    share
        Of the pairs that *guard* reviews.

    Examples
    --------
    >>> import numpy as np
    >>> lists = Lists((0, 1), (2, 3), (4, 5))
    >>> plan = plan_round(lists, 4, np.random.default_rng(0))
    >>> plan.shared, len(plan.pairs), plan.reviews
    ((0, 1), 1, 4)
    """
    if mode == Mode.SPLIT:
        return _split(lists, capacity, random)
    pairs = list(zip(lists.champion_only, lists.candidate_only, strict=False))
    m = len(pairs)
    if mode == Mode.FAST:
        wanted = min(m, capacity // 2)
    elif mode == Mode.GUARD:
        wanted = int(m * share + random.random())
    else:
        wanted = int(m / 2 + random.random()) if m % 2 else m // 2
    chosen = sorted(random.permutation(m)[:wanted].tolist())
    drawn = tuple(pairs[i] for i in random.permutation(chosen).tolist()) if chosen else ()
    left = max(0, capacity - 2 * len(drawn))
    shared = lists.shared[:left]
    others: tuple[int, ...] = ()
    if mode == Mode.GUARD:
        paired = {candidate for _, candidate in drawn}
        alone = tuple(row for row in lists.candidate_only if row not in paired)
        others = alone[: max(0, left - len(shared))]
    return RoundPlan(shared, drawn, others)


def _split(lists: Lists, capacity: int, random: Generator) -> RoundPlan:
    """Review two lists of half of the capacity each whole; what both have counts once.

    So up to capacity reviews: what is saved on shared items is not spent elsewhere.
    """
    pairs = tuple(zip(lists.champion_only, lists.candidate_only, strict=False))
    order = random.permutation(len(pairs)).tolist()[: capacity // 2]
    shared = lists.shared[: max(0, capacity - 2 * len(order))]
    return RoundPlan(shared, tuple(pairs[i] for i in order))
