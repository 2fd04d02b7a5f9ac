"""What a share should be at this hour: the last weeks, with their daily and weekly cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.drift.checks import counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DAY, WEEK = 24.0, 168.0
# Waves a day and a week: enough for nights, lunch breaks and weekends.
DAILY, WEEKLY = 3, 2
# How far a wave moves the log odds, before anything is known of it: standard deviation.
PRIOR = 0.5
LEAST_SHARE = 1e-5
UNKNOWN = 100.0  # a standard error of log odds that leaves room for any share


@dataclass(frozen=True, slots=True)
class Reference:
    """What shares should be, and how surely: both of shape (streams,).

    Parameters
    ----------
    share
        Strictly between 0 and 1.
    error
        Standard error of its log odds.
    """

    share: Floats
    error: Floats

    def without(self, streams: ArrayLike) -> Reference:
        """Leave some streams out: nothing is bet on them, as their level is not known.

        Examples
        --------
        >>> Reference(np.array([0.3, 0.7]), np.array([0.1, 0.1])).without([True, False]).error
        array([100. ,   0.1])
        """
        return Reference(self.share, np.where(streams, UNKNOWN, self.error))


@dataclass(frozen=True, slots=True)
class Cycles:
    """Shares as sums of waves over the hours of a week, as `fit` finds them.

    Parameters
    ----------
    weights
        Shape (streams, waves).
    covariance
        Of the weights, shape (streams, waves, waves).
    """

    weights: Floats
    covariance: Floats

    def only(self, streams: list[int]) -> Cycles:
        """Give those of some streams."""
        return Cycles(self.weights[streams], self.covariance[streams])

    def at(self, hour: float) -> Reference:
        """Give the reference at an hour, counted from any fixed midnight of a Monday."""
        row = _waves(hour)[0]
        share = np.clip(self.weights @ row, LEAST_SHARE, 1 - LEAST_SHARE)
        variance = np.einsum("p,spq,q->s", row, self.covariance, row)
        error = np.sqrt(variance) / (share * (1 - share))
        return Reference(share, np.minimum(error, UNKNOWN))


def fit(hits: ArrayLike, sellers: ArrayLike, hours: ArrayLike) -> Cycles:
    """Fit the shares of past hours: least squares, shrunk towards no cycle where data are few.

    The share at hour h is ``w_0 + sum_k a_k cos(2 pi k h / 24) + b_k sin(2 pi k h / 24)``, k = 1
    to 3, and the same with 168 hours, k = 1 and 2. Each hour counts by its sellers; all but
    ``w_0`` have a normal prior of standard deviation ``p (1 - p) / 2``. The error is that of
    independent sellers, raised by the residuals' dispersion where that is above 1 (quasi-binomial,
    McCullagh & Nelder 1989, 4.5). It assumes that the share's level over these weeks is that of
    today: a slow move is followed half of the window late.

    Parameters
    ----------
    hits
        Sellers that count for each stream, in each hour; shape (hours, streams).
    sellers
        Sellers counted in each hour.
    hours
        Middle of each hour, counted from any fixed midnight of a Monday.

    Raises
    ------
    InvalidInputError
        Where nobody was counted, or more than the sellers.

    Examples
    --------
    >>> hours = np.arange(14 * 24) + 0.5
    >>> share = 0.3 + 0.1 * np.cos(2 * np.pi * hours / 24)
    >>> cycles = fit(1000 * share[:, None], np.full(len(hours), 1000), hours)
    >>> cycles.at(0).share.round(2), cycles.at(12).share.round(2)
    (array([0.4]), array([0.2]))
    """
    n = np.asarray(sellers, np.float64)
    x = counted(hits, n[:, None])
    at = np.asarray(hours, np.float64)
    seen = n > 0
    if not seen.any():
        raise InvalidInputError(
            FieldProblem("sellers", "are none", "count some hours before a reference is asked for")
        )
    x, n, waves = x[seen], n[seen], _waves(at[seen])
    p = (x.sum(axis=0) + 0.5) / (n.sum() + 1)
    spread = p * (1 - p)
    # Waves are worth so many sellers: few of them say nothing of a rare share's cycle.
    prior = np.ones(waves.shape[1]) / PRIOR**2
    prior[0] = 0
    precision = (
        waves.T @ (n[:, None] * waves) + np.eye(len(prior)) * (prior / spread[:, None])[:, None, :]
    )
    inverse = np.linalg.inv(precision)
    weights = np.einsum("spq,qs->sp", inverse, waves.T @ x)
    left = np.square(x / n[:, None] - waves @ weights.T)
    free = max(1, len(n) - len(prior))
    dispersion = np.maximum(1, (n[:, None] * left).sum(axis=0) / spread / free)
    return Cycles(weights, inverse * (dispersion * spread)[:, None, None])


def _waves(hours: ArrayLike) -> Floats:
    """Give the waves at some hours, the constant first; shape (hours, waves)."""
    at = np.atleast_1d(np.asarray(hours, np.float64))
    turns = [k / DAY for k in range(1, DAILY + 1)] + [k / WEEK for k in range(1, WEEKLY + 1)]
    angles = 2 * np.pi * at[:, None] * np.array(turns)
    return np.concatenate([np.ones((len(at), 1)), np.cos(angles), np.sin(angles)], axis=1)
