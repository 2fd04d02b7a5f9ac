"""The evidence of pairs: an item that only the champion lists, and one of the candidate's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaln, log_expit, logsumexp

from mimawari.evaluation.blocks import GRID
from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def _start(grid: Sequence[float] | None, log_weights: ArrayLike | None) -> tuple[Floats, Floats]:
    ratios = np.asarray(GRID if grid is None else grid, np.float64)
    if log_weights is None:
        return ratios, np.full(len(ratios), -np.log(len(ratios)))
    return ratios, np.array(log_weights, np.float64)


def mcnemar_trajectory(
    y_a: ArrayLike,
    y_b: ArrayLike,
    grid: Sequence[float] | None = None,
    log_weights: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Give the log evidence after each of n pairs, and the final log weights of the bets.

    Only discordant pairs count: ``E = sum_g w_g (2 q_g)^wins (2 (1 - q_g))^losses`` with
    ``q_g = expit(g)``, a mixture of bets on a candidate that wins more than half of them. It
    is a supermartingale where ``E[y_b - y_a | past] <= 0``, so promoting where it reaches
    1/alpha errs with probability alpha at most, whenever one looks (Ville 1939; the sequential
    form of McNemar 1947). Pairs must be drawn at random among those of their round.

    Parameters
    ----------
    y_a, y_b
        Shape (n,): 1 where the champion's, the candidate's item of the pair violates.
    log_weights
        Where an earlier stage left the bets; uniform weights by default.

    Examples
    --------
    >>> log_e, _ = mcnemar_trajectory([0, 1, 0], [1, 1, 1])
    >>> np.exp(log_e).round(3).tolist()
    [1.383, 1.383, 1.947]
    """
    ratios, start = _start(grid, log_weights)
    a, b = np.asarray(y_a, np.float64), np.asarray(y_b, np.float64)
    wins, losses = b * (1 - a), a * (1 - b)
    if not len(a):
        return np.zeros(0), start
    # Bets depend on the counts only: as in the class, concordant pairs change nothing.
    paths = np.outer(np.log(2) + log_expit(ratios), np.cumsum(wins))
    paths += np.outer(np.log(2) + log_expit(-ratios), np.cumsum(losses))
    paths += start[:, None]
    return log_total(paths), paths[:, -1]


class McNemarEProcess:
    """The evidence of `mcnemar_trajectory`, a pair at a time.

    Parameters
    ----------
    grid
        Log odds of a win that the evidence bets on.
    log_weights
        Where an earlier stage left the bets, as `BlockEProcess.log_weights`.

    Examples
    --------
    >>> process = McNemarEProcess()
    >>> for y_a, y_b in ((0, 1), (1, 1), (0, 1)):
    ...     process.update(y_a, y_b)
    >>> round(process.e_value, 3)
    1.947
    """

    def __init__(
        self, grid: Sequence[float] | None = None, log_weights: ArrayLike | None = None
    ) -> None:
        ratios, self.log_weights = _start(grid, log_weights)
        self._win, self._loss = np.log(2) + log_expit(ratios), np.log(2) + log_expit(-ratios)

    def update(self, y_a: int, y_b: int) -> None:
        """Take in one pair; concordant ones change nothing."""
        if y_a != y_b:
            self.log_weights = self.log_weights + (self._win if y_b else self._loss)

    @property
    def log_e(self) -> float:
        """The logarithm of the evidence, in nats."""
        return float(logsumexp(self.log_weights))

    @property
    def e_value(self) -> float:
        """The evidence: promoting where it reaches 1/alpha errs with probability alpha at most."""
        return float(np.exp(self.log_e))


def strict_weights(log_weights: ArrayLike, power: float = 0.5, carried: float = 0.8) -> Floats:
    """Turn a back-test's final log weights into a bet for evidence from online pairs alone.

    ``carried * normalised(L_g ** power) + (1 - carried) * uniform``: wealth starts at 1 again, so
    the back-test only tunes the bets, and stationarity from its window until now is not needed.

    Examples
    --------
    >>> np.exp(strict_weights([0.0, 0.0])).round(3).tolist()
    [0.5, 0.5]
    """
    tempered = power * np.asarray(log_weights, np.float64)
    share = np.exp(tempered - logsumexp(tempered))
    return np.asarray(np.log(carried * share + (1 - carried) / len(share)), np.float64)


def beta_binomial_log_e(w: float, n: float, a: float = 5.0, b: float = 5.0) -> float:
    """Give the log evidence of w wins in n discordant pairs under a continuous bet.

    ``n ln 2 + ln B(a+w, b+n-w) + ln I_half(b+n-w, a+w) - ln B(a, b) - ln I_half(b, a)``: the
    mixture over ``q ~ Beta(a, b)`` cut to one half and above, in closed form.

    Examples
    --------
    >>> round(beta_binomial_log_e(35, 50), 6)
    3.229712
    """
    posterior = betaln(a + w, b + n - w) + np.log(betainc(b + n - w, a + w, 0.5))
    return float(n * np.log(2) + posterior - betaln(a, b) - np.log(betainc(b, a, 0.5)))


def crossing_probability(n_max: int, log_threshold: float, a: float = 5.0, b: float = 5.0) -> float:
    """Give the exact chance that fair coins ever reach a threshold within n_max pairs.

    By dynamic programming over the number of wins: the mass that crosses is taken out.

    Examples
    --------
    >>> round(crossing_probability(400, np.log(20)), 6)
    0.031665
    """
    return _crossing([_log_es(n, a, b) for n in range(1, n_max + 1)], log_threshold)


def calibrated_threshold(n_max: int, alpha: float, a: float = 5.0, b: float = 5.0) -> float:
    """Give the least threshold of the evidence that errs with probability alpha at most.

    Uses up all of alpha, unlike 1/alpha, but only for a test that ends after n_max discordant
    pairs; the evidence may then no longer be multiplied or go into e-BH. Keep it 3 to 5 %
    higher where pairs are not exactly fair coins.

    Examples
    --------
    >>> round(calibrated_threshold(100, 0.05), 4)
    9.7555
    """
    tables = [_log_es(n, a, b) for n in range(1, n_max + 1)]
    reached = np.unique(np.concatenate(tables))
    # Positions of too low a threshold (the least is always reached), and of one high enough.
    low, high = 0, len(reached)
    while high - low > 1:
        middle = (low + high) // 2
        if _crossing(tables, reached[middle]) <= alpha:
            high = middle
        else:
            low = middle
    return float(np.exp(reached[low]) * (1 + 1e-9))


def _crossing(tables: Sequence[Floats], log_threshold: float) -> float:
    left, crossed = np.array([1.0]), 0.0
    for log_es in tables:
        left = 0.5 * (np.append(left, 0.0) + np.append(0.0, left))
        over = log_es >= log_threshold
        crossed += float(left[over].sum())
        left[over] = 0.0
    return crossed


def _log_es(n: int, a: float, b: float) -> Floats:
    """Give `beta_binomial_log_e` of 0 to n wins."""
    w = np.arange(n + 1)
    # Far below one half the integral underflows: such bets are lost, and reach no threshold.
    with np.errstate(divide="ignore"):
        posterior = betaln(a + w, b + n - w) + np.log(betainc(b + n - w, a + w, 0.5))
    return np.asarray(n * np.log(2) + posterior - betaln(a, b) - np.log(betainc(b, a, 0.5)))
