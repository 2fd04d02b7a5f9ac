"""Where in a market a model finds less, or flags more, than elsewhere: surely, not by chance."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

DRAWS = 2_000
LEAST_ROWS, LEAST_SELLERS = 20, 10
LEVEL = 0.95


class Part(msgspec.Struct, frozen=True):
    """The rate in one part of the market over the rate in all of it.

    Parameters
    ----------
    kind, name
        Such as ``language`` and ``ja``.
    rows, sellers
        How many it is of.
    ratio, low, high
        With an interval that all parts of the table keep together.
    surely_low, surely_high
        Whether the interval leaves 1 out.
    """

    kind: str
    name: str
    rows: int
    sellers: int
    ratio: float
    low: float
    high: float

    @property
    def surely_low(self) -> bool:
        """Whether the rate is lower there, and not by chance."""
        return self.high < 1

    @property
    def surely_high(self) -> bool:
        """Whether the rate is higher there, and not by chance."""
        return self.low > 1


def rates_by_part(
    names: Sequence[Mapping[str, str]],
    hit: NDArray[np.bool_],
    weight: NDArray[np.float64],
    sellers: Sequence[str],
    seed: int = 0,
    draws: int = DRAWS,
) -> list[Part]:
    r"""Give the rate of hits in each part of the market, over that of the whole.

    ``ratio = (sum_P w h / sum_P w) / (sum w h / sum w)`` for part P. Sellers are resampled with
    replacement, ``draws`` times; the interval runs between the quantiles of the draws at
    ``1 - (1 - .95) / parts`` (Bonferroni), so that of twenty parts that are alike none stands out
    by chance in 95 of 100 tables. It assumes that sellers are independent; listings of one may
    depend on each other in any way (Field & Welsh 2007). Parts of fewer than 20 rows or 10 sellers
    are left out: their intervals are too narrow.

    Parameters
    ----------
    names
        Part of each kind that a row is in, as `slices.slice_names` gives them; shape (n,).
    hit
        What is counted: a violation that was found, or an ordinary listing that was flagged.

    Examples
    --------
    >>> names = [{"language": "en"}] * 400 + [{"language": "ja"}] * 400
    >>> hit = np.arange(800) % 10 < np.where(np.arange(800) < 400, 8, 2)
    >>> sellers = [str(i % 80) for i in range(800)]
    >>> parts = rates_by_part(names, hit, np.ones(800), sellers)
    >>> [(part.name, round(part.ratio, 2), part.surely_low) for part in parts]
    [('en', 1.6, False), ('ja', 0.4, True)]
    """
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, kinds in enumerate(names):
        for key in kinds.items():
            rows_of[key].append(row)
    _, of_row = np.unique(np.asarray(sellers), return_inverse=True)
    large = {
        key: np.array(rows)
        for key, rows in rows_of.items()
        if len(rows) >= LEAST_ROWS and len(np.unique(of_row[rows])) >= LEAST_SELLERS
    }
    if not large or not (weight * hit).sum():
        return []
    count = int(of_row.max()) + 1
    whole = _sums(of_row, hit, weight, count)
    times = np.random.default_rng((seed, 0x9A27)).multinomial(
        count, np.full(count, 1 / count), size=draws
    )
    drawn_whole = _rate(times @ whole)
    tail = (1 - LEVEL) / len(large) / 2
    parts = []
    for (kind, name), rows in large.items():
        sums = _sums(of_row[rows], hit[rows], weight[rows], count)
        ratios = _over(_rate(times @ sums), drawn_whole)
        low, high = np.nanquantile(ratios, (tail, 1 - tail))
        ratio = float(_rate(sums.sum(0)) / _rate(whole.sum(0)))
        size = len(np.unique(of_row[rows]))
        parts.append(Part(kind, name, len(rows), size, ratio, float(low), float(high)))
    return sorted(parts, key=lambda part: (part.kind, -part.rows, part.name))


def _sums(
    of_row: NDArray[np.int64], hit: NDArray[np.bool_], weight: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Give weighted hits and rows by seller, shape (sellers, 2)."""
    hits = np.bincount(of_row, weight * hit, minlength=count)
    return np.stack([hits, np.bincount(of_row, weight, minlength=count)], axis=1)


def _rate(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return _over(sums[..., 0], sums[..., 1])


def _over(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide; NaN where that cannot be."""
    ratios: NDArray[np.float64] = np.full(np.shape(below), np.nan)
    return np.divide(above, below, out=ratios, where=below > 0)
