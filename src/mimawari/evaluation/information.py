"""How much one review tells about which of two models is better."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import minimize_scalar
from scipy.special import rel_entr


def kl(x: float, y: float) -> float:
    """Kullback-Leibler divergence of two coins, ``x ln(x/y) + (1-x) ln((1-x)/(1-y))``, in nats.

    Examples
    --------
    >>> round(kl(0.8, 0.05), 6)
    1.906442
    >>> kl(0.0, 0.0), kl(0.5, 0.0)
    (0.0, inf)
    """
    return float(rel_entr(x, y) + rel_entr(1 - x, 1 - y))


@dataclass(frozen=True, slots=True)
class Information:
    """Nats a review, by design.

    Parameters
    ----------
    rho
        Share of pairs that are discordant.
    q
        Share of discordant pairs that the candidate wins; NaN where none are discordant.
    pair
        A pair of a champion's and a candidate's item, over its two reviews.
    two_sample
        Unpaired reviews of both sides, shared out as well as possible.
    reuse
        A new review of a candidate's item, the champion's labels being known.
    """

    rho: float
    q: float
    pair: float
    two_sample: float
    reuse: float


def information(p_a: float, p_b: float) -> Information:
    """Give the information of a review where the lists differ.

    ``rho = p_a (1 - p_b) + p_b (1 - p_a)``, ``q = p_b (1 - p_a) / rho``,
    ``pair = rho kl(q, 1/2) / 2``, ``reuse = kl(p_b, p_a)`` and ``two_sample =
    max_w w kl(p_a, p) + (1 - w) kl(p_b, p)`` with ``p = w p_a + (1 - w) p_b``. Labels are taken
    as independent given the rates (Wald 1945; Garivier & Kaufmann 2016).

    Parameters
    ----------
    p_a, p_b
        Violations among the items that only the champion (A) and only the candidate (B) lists.

    Examples
    --------
    >>> ratios = information(0.144, 0.244)
    >>> round(ratios.rho, 6), round(ratios.q, 6), round(ratios.pair, 6), round(ratios.reuse, 6)
    (0.317728, 0.657367, 0.008004, 0.034757)
    """
    rho = p_a * (1 - p_b) + p_b * (1 - p_a)
    q = p_b * (1 - p_a) / rho if rho else math.nan
    pair = rho * kl(q, 0.5) / 2 if rho else 0.0

    def negative(w: float) -> float:
        p = w * p_a + (1 - w) * p_b
        return -(w * kl(p_a, p) + (1 - w) * kl(p_b, p))

    best = minimize_scalar(negative, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-9})
    return Information(rho, q, pair, max(0.0, -float(best.fun)), kl(p_b, p_a))


def lower_bound(nats: float, alpha: float, beta: float | None = None) -> float:
    """Fewest reviews expected of any test of level alpha that may be watched all the time.

    ``ln(1/alpha) / nats`` where a better candidate is always found in the end, and
    ``kl(1 - beta, alpha) / nats`` where it may be missed with probability beta (Wald 1945).

    Examples
    --------
    >>> round(lower_bound(0.034757, 0.05), 1), lower_bound(0.0, 0.05)
    (86.2, inf)
    """
    needed = math.log(1 / alpha) if beta is None else kl(1 - beta, alpha)
    return needed / nats if nats > 0 else math.inf
