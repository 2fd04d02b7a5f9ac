"""How a candidate does on the edge cases of its topic, beside what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from mimawari.evaluation.intervals import wilson
from mimawari.figures import three_figures
from mimawari.records.measured import Figure, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CAUGHT, SPARED, LOST = "edge_cases_caught", "edge_cases_spared", "edge_cases_lost"
MEASURED = (CAUGHT, SPARED, LOST)
MOST_NAMED = 200


@dataclass(frozen=True, eq=False)
class Scored:
    """What one detector gave the cases, and from which score on it alerts.

    Parameters
    ----------
    scores
        Shape (n,); NaN: no opinion, which alerts nobody.
    threshold
        The lowest score on its list of the topic's capacity.
    """

    scores: NDArray[np.float64]
    threshold: float

    @property
    def alerted(self) -> NDArray[np.bool_]:
        """Which cases would be on its list."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.scores >= self.threshold)


@dataclass(frozen=True, eq=False)
class Cases:
    """Edge cases that judge, and what was said of them.

    Parameters
    ----------
    names
        Listing and version of each.
    why
        Why each is hard.
    violates
        Shape (n,).
    served
        What is in force: the champion, or the rules where there is none.
    against
        The champion's version; empty where there is none.
    """

    names: Sequence[str]
    why: Sequence[str]
    violates: NDArray[np.bool_]
    model: Scored
    served: Scored
    against: str

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Right for what is in force, wrong for the model."""
        right = self.model.alerted == self.violates
        return np.asarray((self.served.alerted == self.violates) & ~right)

    @property
    def won(self) -> NDArray[np.bool_]:
        """Wrong for what is in force, right for the model."""
        right = self.model.alerted == self.violates
        return np.asarray((self.served.alerted != self.violates) & right)


def figures_of(cases: Cases) -> tuple[list[Figure], list[Table]]:
    """Give the shares that are caught and spared, the number lost, and which ones these are.

    A class that the bank does not have gives no figure.
    """
    figures = []
    for measure, chosen, right in (
        (CAUGHT, cases.violates, cases.model.alerted),
        (SPARED, ~cases.violates, ~cases.model.alerted),
    ):
        if n := int(chosen.sum()):
            served = cases.served.alerted if measure == CAUGHT else ~cases.served.alerted
            figures.append(
                _share(measure, int((right & chosen).sum()), n, int((served & chosen).sum()))
            )
    lost, won = int(cases.lost.sum()), int(cases.won.sum())
    low, high = net_lost(lost, won)
    figures.append(
        Figure(
            measure=LOST,
            value=float(lost),
            low=low,
            high=max(high, float(lost)),
            over=len(cases.names),
            against=cases.against,
            statement=f"{lost} that are right now would be wrong, {won} the other way round",
        )
    )
    return figures, [_table(cases)]


def net_lost(lost: int, won: int, level: float = 0.95) -> tuple[float, float]:
    """Give how many more cases are lost than won, as an interval.

    Where two models are equally good, each case that they judge differently is as likely lost as
    won: the sign test (McNemar, Psychometrika 1947). With ``n = lost + won`` and the exact
    interval of ``lost / n`` (Clopper & Pearson, Biometrika 1934), ``n (2 p - 1)`` at its ends.

    Examples
    --------
    >>> [round(end, 1) for end in net_lost(5, 0)], [round(end, 1) for end in net_lost(6, 0)]
    ([-0.2, 5.0], [0.5, 6.0])
    >>> net_lost(0, 0)
    (0.0, 0.0)
    """
    n = lost + won
    if not n:
        return 0.0, 0.0
    share = binomtest(lost, n).proportion_ci(level, method="exact")
    return n * (2 * float(share.low) - 1), n * (2 * float(share.high) - 1)


def _share(measure: str, right: int, n: int, served: int) -> Figure:
    interval = wilson(right, n)
    return Figure(
        measure=measure,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        over=n,
        statement=f"{right} of {n}; {served} by what is in force",
    )


def _table(cases: Cases) -> Table:
    """Name the cases that are lost; the surest of what is in force first."""
    distance = np.abs(np.nan_to_num(cases.served.scores) - cases.served.threshold)
    order = sorted(np.flatnonzero(cases.lost).tolist(), key=lambda at: (-distance[at], at))
    rows = tuple(
        (
            cases.names[at],
            "violates" if cases.violates[at] else "does_not_violate",
            cases.why[at],
            _text(cases.model.scores[at]),
            three_figures(cases.model.threshold),
            _text(cases.served.scores[at]),
            three_figures(cases.served.threshold),
        )
        for at in order[:MOST_NAMED]
    )
    columns = ("listing", "verdict", "why", "score", "alerts from", "in force", "it alerts from")
    return Table("Edge cases that are right now and would be lost", columns, rows)


def _text(score: float) -> str:
    return "none" if np.isnan(score) else three_figures(float(score))
