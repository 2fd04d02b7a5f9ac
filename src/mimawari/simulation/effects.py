"""What may make days, sellers and models of a simulated marketplace depart from independence."""

from __future__ import annotations

from dataclasses import dataclass

from mimawari.errors import FieldProblem, InvalidInputError


@dataclass(frozen=True, slots=True)
class Effects:
    """Departures from independent listings and alike days; the default has none.

    Parameters
    ----------
    interplay
        Sd of a day-by-model effect: each day it moves ``shift_a`` by -e/2 and ``shift_b`` by
        +e/2 (see `Duel.interplay`).
    cluster
        Mean number of listings of a seller cluster, geometric. A cluster's listings share
        the label; the models' scores of siblings correlate as those of all listings do.
    grouped
        Whether a list takes at most one listing of a cluster.
    sibling_sd
        Sd of siblings' scores around the first of the cluster.
    drift
        By how much both models' shifts fall from one day to the next.
    horizon
        Days after which the drift starts over.

    Examples
    --------
    >>> Effects(cluster=0.5)
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: cluster: is 0.5; give 1 or more
    """

    interplay: float = 0.0
    cluster: float = 1.0
    grouped: bool = True
    sibling_sd: float = 0.05
    drift: float = 0.0
    horizon: int = 1

    def __post_init__(self) -> None:
        least = {"interplay": 0, "cluster": 1, "sibling_sd": 0, "horizon": 1}
        problems = [
            FieldProblem(name, f"is {getattr(self, name)}", f"give {low} or more")
            for name, low in least.items()
            if not getattr(self, name) >= low
        ]
        if problems:
            raise InvalidInputError(*problems)
