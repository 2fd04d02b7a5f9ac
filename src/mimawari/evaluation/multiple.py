"""Several topics decided at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def e_bh(e_values: Sequence[float], alpha: float = 0.05) -> list[int]:
    """Select topics so that at most a share alpha of them is expected to be wrong.

    The k* largest e-values with ``k* = max{k: e_(k) >= M / (alpha k)}``: the false discovery
    rate is at most alpha under any dependence (Wang & Ramdas 2022, arXiv 2009.02824). The
    e-values must be those at a common stop, not their running maxima (Tavyrikov, Goeman & de
    Heide 2025, arXiv 2501.19360).

    Returns
    -------
    Positions of the selected, in rising order.

    Examples
    --------
    >>> e_bh([100, 40, 20, 5, 1])
    [0]
    """
    e = np.asarray(e_values, np.float64)
    order = np.argsort(-e, kind="stable")
    k = np.arange(1, len(e) + 1)
    passed = np.flatnonzero(e[order] >= len(e) / (alpha * k))
    return sorted(order[: passed[-1] + 1].tolist()) if len(passed) else []
