"""Where two models' top K differ: only there does a review tell which one is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.ties import tie_break

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Lists:
    """The top K of two models as row numbers: each part in the rank order of its own list."""

    shared: tuple[int, ...]
    champion_only: tuple[int, ...]
    candidate_only: tuple[int, ...]

    @property
    def differing(self) -> int:
        """Rank-matched pairs where the lists differ."""
        return min(len(self.champion_only), len(self.candidate_only))


def top_k(
    scores: NDArray[np.floating],
    k: int,
    keys: Sequence[str],
    clusters: Sequence[str] | None = None,
    least: float = 0.0,
) -> list[int]:
    """Give the rows of the K best scores, best first.

    Parameters
    ----------
    scores
        Shape (n,); NaN and what is under ``least`` are never listed.
    keys
        Identifiers of the rows: they order equal scores.
    clusters
        Where given, only the best row of a cluster is listed: labels of one seller's listings,
        or of near-duplicates, are no independent evidence.

    Examples
    --------
    >>> top_k(np.array([0.1, 0.9, np.nan, 0.8]), 2, ["a", "b", "c", "d"])
    [1, 3]
    >>> top_k(np.array([0.1, 0.9, np.nan, 0.8]), 2, ["a", "b", "c", "d"], ["x", "y", "y", "y"])
    [1, 0]
    """
    listed = np.flatnonzero(scores >= least)
    if clusters is None and len(listed) > k:
        # Only what reaches the K-th best score can be listed; ties of it are ordered below.
        floor = np.partition(scores[listed], len(listed) - k)[len(listed) - k] if k else np.inf
        listed = listed[scores[listed] >= floor]
    order = sorted(listed.tolist(), key=lambda row: (-float(scores[row]), tie_break(keys[row])))
    if clusters is None:
        return order[:k]
    best: dict[str, int] = {}
    for row in order:
        best.setdefault(clusters[row], row)
        if len(best) == k:
            break
    return list(best.values())[:k]


def compare_lists(
    champion: NDArray[np.floating],
    candidate: NDArray[np.floating],
    k: int,
    keys: Sequence[str],
    clusters: Sequence[str] | None = None,
    least: float = 0.0,
) -> Lists:
    """Compare the top K of two models over the same rows (see `top_k`).

    Examples
    --------
    >>> a, b = np.array([0.9, 0.8, 0.1, 0.2]), np.array([0.9, 0.1, 0.8, 0.7])
    >>> compare_lists(a, b, 2, ["a", "b", "c", "d"])
    Lists(shared=(0,), champion_only=(1,), candidate_only=(2,))
    """
    first = top_k(champion, k, keys, clusters, least)
    second = top_k(candidate, k, keys, clusters, least)
    in_first, in_second = set(first), set(second)
    return Lists(
        tuple(row for row in first if row in in_second),
        tuple(row for row in first if row not in in_second),
        tuple(row for row in second if row not in in_first),
    )
