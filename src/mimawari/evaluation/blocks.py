"""The back-test's evidence: known labels of one list against new reviews of the other.

One block is r known labels of items that only the champion lists, a of them violations, and one
new label y of an item that only the candidate lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# Log odds ratios that the evidence bets on; the wider grid is for topics where hits are rare.
GRID: tuple[float, ...] = (0.3, 0.5, 0.75, 1.1, 1.6)
RARE_GRID: tuple[float, ...] = (0.15, 0.3, 0.5, 0.75, 1.1, 1.6, 2.3, 3.3, 4.5)
RARE = 0.02
PRIOR = (0.5, 2.0)


def grid_for(p_a: float) -> tuple[float, ...]:
    """Choose the grid by the champion's share of violations where the lists differ.

    Examples
    --------
    >>> grid_for(0.14) == GRID, grid_for(0.001) == RARE_GRID
    (True, True)
    """
    return GRID if p_a > RARE else RARE_GRID


def block_factor(a_hits: float, r: float, y: float, t_a: float, t_b: float) -> float:
    """Give one block's e-factor for the bet that the rates are ``t_a`` and ``t_b``.

    ``(t_a/p)^a ((1-t_a)/(1-p))^(r-a) (t_b/p)^y ((1-t_b)/(1-p))^(1-y)`` with
    ``p = (r t_a + t_b) / (r + 1)``. Its expectation is at most 1 whenever the candidate's
    rate is at most the champion's and ``t_a <= t_b``, whatever the rates are and however they
    vary from item to item about those means (Turner, Ly & Grunwald, JSPI 2024, arXiv
    2106.02693). Labels are independent given the rates.

    Examples
    --------
    >>> block_factor(0, 1, 1, 0.2, 0.4)
    1.523809523809524
    """
    p = (r * t_a + t_b) / (r + 1)
    champion = (t_a / p) ** a_hits * ((1 - t_a) / (1 - p)) ** (r - a_hits)
    return float(champion * (t_b / p) ** y * ((1 - t_b) / (1 - p)) ** (1 - y))


def _log_factors(a: Floats, r: Floats, y: Floats, odds: Floats, ratios: Floats) -> Floats:
    """Give the log factors of n blocks for every bet, shape (bets, n).

    ``odds`` are those of ``t_a``; with them few logarithms are left to take.
    """
    raised = odds * np.exp(ratios)[:, None]
    t_a, t_b = odds / (1 + odds), raised / (1 + raised)
    p = (r * t_a + t_b) / (r + 1)
    hits, misses = a + y, r - a + 1 - y
    ours = a * np.log(t_a) - (r - a) * np.log1p(odds)
    theirs = y * (np.log(odds) + ratios[:, None]) - np.log1p(raised)
    return np.asarray(ours + theirs - hits * np.log(p) - misses * np.log1p(-p), np.float64)


def block_trajectory(
    a_hits: ArrayLike,
    r: ArrayLike,
    y: ArrayLike,
    grid: Sequence[float] = GRID,
    prior: tuple[float, float] = PRIOR,
) -> tuple[Floats, Floats]:
    """Give the log evidence after each of n blocks, and the final log weights of the bets.

    A mixture over the grid, ``E = sum_g w_g prod_i f_i(g)``, where the champion's rate in each
    factor is estimated from the blocks before it, ``(prior hits + hits) / (prior + seen)``: so
    every factor is predictable and E a supermartingale under ``p_b <= p_a``, and
    ``P(E ever reaches 1/alpha) <= alpha`` (Ville 1939).

    Parameters
    ----------
    a_hits, r, y
        Shape (n,): violations among the known labels, known labels, the new label.
    prior
        Hits and misses before the first block, such as those of the days before the window
        added to `PRIOR`.

    Examples
    --------
    >>> log_e, _ = block_trajectory([0, 0, 1], [2, 2, 2], [1, 1, 1])
    >>> np.exp(log_e).round(3).tolist()
    [1.69, 2.999, 3.376]
    """
    a, n, won = (np.asarray(values, np.float64) for values in (a_hits, r, y))
    ratios = np.asarray(grid, np.float64)
    start = np.full((len(ratios), 1), -np.log(len(ratios)))
    if not len(a):
        return np.zeros(0), start[:, 0]
    hits = prior[0] + np.cumsum(a) - a
    misses = prior[1] + np.cumsum(n - a) - (n - a)
    paths = start + np.cumsum(_log_factors(a, n, won, hits / misses, ratios), axis=1)
    return log_total(paths), paths[:, -1]


class BlockEProcess:
    """The evidence of `block_trajectory`, a block at a time.

    Examples
    --------
    >>> process = BlockEProcess()
    >>> for a_hits, y in ((0, 1), (0, 1), (1, 1)):
    ...     process.update(a_hits, 2, y)
    >>> round(process.e_value, 3)
    3.376
    """

    def __init__(
        self, grid: Sequence[float] | None = None, prior: tuple[float, float] = PRIOR
    ) -> None:
        self._ratios = np.asarray(GRID if grid is None else grid, np.float64)
        self._hits, self._misses = prior
        self.log_weights: Floats = np.full(len(self._ratios), -np.log(len(self._ratios)))

    def update(self, a_hits: float, r: float, y: float) -> None:
        """Take in one block."""
        a, n, won, odds = np.array([[a_hits], [r], [y], [self._hits / self._misses]])
        self.log_weights = self.log_weights + _log_factors(a, n, won, odds, self._ratios)[:, 0]
        self._hits += a_hits
        self._misses += r - a_hits

    @property
    def log_e(self) -> float:
        """The logarithm of the evidence, in nats."""
        return float(logsumexp(self.log_weights))

    @property
    def e_value(self) -> float:
        """The evidence: promoting where it reaches 1/alpha errs with probability alpha at most."""
        return float(np.exp(self.log_e))
