"""Train the kind of model that is asked for, or the one that a comparison chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS
from mimawari.evaluation.choosing.compare import RULES
from mimawari.evaluation.choosing.prepare import capacity_of
from mimawari.evaluation.choosing.run import as_lineage
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from mimawari.evaluation.choosing.compare import Comparison
    from mimawari.evaluation.choosing.run import Contest

AUTO = "auto"


def kinds_of(algorithm: str) -> tuple[str, ...]:
    """Give the kinds that an algorithm needs: all for auto.

    Raises
    ------
    InvalidInputError
        There is no such algorithm to train.

    Examples
    --------
    >>> kinds_of("linear"), kinds_of("auto")[:2]
    (('linear',), ('rules', 'linear'))
    """
    known = (*(name for name in ALGORITHMS if name != RULES), AUTO)
    if algorithm not in known:
        problem = FieldProblem("--algorithm", f"is {algorithm}", f"use one of {', '.join(known)}")
        raise InvalidInputError(problem)
    return tuple(ALGORITHMS) if algorithm == AUTO else (algorithm,)


def signed(by: str, at: datetime, until: datetime | None, from_file: bool) -> Lineage:
    """Say who trains, when, and on labels from before which time.

    A file does not say when its labels were made; those of the store are as of now, or of an
    earlier time.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> signed("ann", datetime(2026, 3, 1, tzinfo=UTC), None, False).labels_until
    '2026-03-01T00:00:00+00:00'
    """
    known = until is not None or not from_file
    newest = min(until or at, at).isoformat(timespec="seconds") if known else None
    return Lineage(by=by, at=at.isoformat(timespec="seconds"), labels_until=newest)


def train(
    contest: Contest,
    algorithm: str,
    lineage: Lineage,
    folder: Path,
    capacity: int | None = None,
    compared: Callable[[Comparison], object] = lambda comparison: None,
) -> str:
    """Train on all rows and write the model's folder.

    Parameters
    ----------
    algorithm
        A kind, or auto: all are compared, and one within noise of the best is trained.
    capacity
        Alerts over all the listings; by default those of `capacity_of`.
    compared
        Is told what a comparison gave, before the training that follows from it.

    Returns
    -------
    The model's version; empty where the rules do.
    """
    if algorithm != AUTO:
        return contest.save(algorithm, lineage, folder)
    comparison = contest.compare(tuple(ALGORITHMS), capacity or capacity_of(contest.task))
    compared(comparison)
    chosen = lineage.joined(Lineage(chosen=as_lineage(comparison)))
    return contest.save(comparison.chosen, chosen, folder)
