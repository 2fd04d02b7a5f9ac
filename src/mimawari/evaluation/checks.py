"""Whether a trial was run as planned: fair draws, equal treatment, comparable labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, logsumexp
from scipy.stats import beta

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALARM = 0.001  # a check that alarms without cause in one trial of a thousand, however often read
COMPARABLE = 0.98


@dataclass(frozen=True, slots=True)
class Check:
    """One check: whether it passed, the log evidence against it in nats, and a sentence."""

    name: str
    passed: bool
    log_e: float
    statement: str


def ratio_log_e(counts: Sequence[float], shares: Sequence[float], strength: float = 10.0) -> float:
    """Give the log evidence that counts do not come with the shares they should.

    A Dirichlet mixture with mean at the shares, ``ln B(strength shares + counts) -
    ln B(strength shares) - sum counts ln shares``: it may be read after every draw (Lindon &
    Malek 2022, arXiv 2011.03567).

    Examples
    --------
    >>> round(ratio_log_e([35, 15], [0.5, 0.5]), 6)
    2.540894
    """
    n, p = np.asarray(counts, np.float64), np.asarray(shares, np.float64)
    before, after = strength * p, strength * p + n
    start = gammaln(before).sum() - gammaln(before.sum())
    end = gammaln(after).sum() - gammaln(after.sum())
    return float(end - start - (n * np.log(p)).sum())


def sample_ratio(
    counts: Sequence[float], shares: Sequence[float], name: str = "sample ratio"
) -> Check:
    """Check that draws came out with the shares that were planned.

    Such as pairs drawn from each half of the ranks, or reviews of each arm.

    Raises
    ------
    InvalidInputError
        For counts below 0, or shares that are not positive or do not sum to 1.

    Examples
    --------
    >>> sample_ratio([480, 520], [0.5, 0.5]).passed, sample_ratio([400, 600], [0.5, 0.5]).passed
    (True, False)
    """
    if len(counts) != len(shares) or not counts or min(counts) < 0:
        raise InvalidInputError(
            FieldProblem("counts", f"are {list(counts)}", "give one of 0 or more for each share")
        )
    if min(shares) <= 0 or not math.isclose(sum(shares), 1.0, abs_tol=1e-9):
        raise InvalidInputError(
            FieldProblem("shares", f"are {list(shares)}", "give positive ones that sum to 1")
        )
    return _check(name, ratio_log_e(counts, shares), f"{_list(counts)} of planned {_list(shares)}")


def exposure(
    waited_longer: tuple[int, int],
    missing: tuple[int, int],
    by_moderator: Mapping[str, tuple[int, int]],
) -> list[Check]:
    """Check that moderators met both arms alike.

    Pairs are shuffled and blind, so which of the two waits longer, which one nobody can tell,
    and which a moderator gets are coins: each is checked by `ratio_log_e`, and moderators by the
    mean of theirs, which is evidence whatever their dependence (Vovk & Wang 2021).

    Parameters
    ----------
    waited_longer, missing
        Pairs in which the champion's, the candidate's item waited longer, is the only one
        without a label.
    by_moderator
        Items of the champion's list and of the candidate's that each decided.

    Examples
    --------
    >>> checks = exposure((40, 44), (1, 30), {"ann": (20, 22), "bob": (21, 19)})
    >>> [(check.name, check.passed) for check in checks]
    [('waiting time', True), ('missing labels', False), ('moderators', True)]
    """
    half = (0.5, 0.5)
    logs = [ratio_log_e(counts, half) for _, counts in sorted(by_moderator.items())]
    together = float(logsumexp(logs) - math.log(len(logs))) if logs else 0.0
    worst = max(by_moderator.items(), key=lambda item: ratio_log_e(item[1], half), default=None)
    most_uneven = (
        f"most uneven: {worst[0]} with {_list(worst[1])}" if worst else "nobody decided yet"
    )
    return [
        _check("waiting time", ratio_log_e(waited_longer, half), f"longer {_list(waited_longer)}"),
        _check("missing labels", ratio_log_e(missing, half), f"missing {_list(missing)}"),
        _check("moderators", together, most_uneven),
    ]


def comparable(agreed: int, reviewed: int, confidence: float = 0.95) -> Check:
    """Check that old labels of the champion's items are as they would be today.

    From a blind second review of some of them: comparable where the one-sided Clopper-Pearson
    bound of their agreement is above .98. If not, reused labels would promote too often (old
    labels that miss 10 % of violations: 17 % of the time); use fresh pairs, or carry nothing but
    the bets online (strict). Read it once, at a number of reviews fixed before.

    Examples
    --------
    >>> comparable(149, 149).passed, comparable(100, 100).passed, comparable(195, 200).passed
    (True, False, False)
    """
    if not 0 <= agreed <= reviewed:
        raise InvalidInputError(
            FieldProblem("agreed", f"is {agreed} of {reviewed}", "give a count from 0 to reviewed")
        )
    least = float(beta.ppf(1 - confidence, agreed, reviewed - agreed + 1)) if agreed else 0.0
    passed = least > COMPARABLE
    statement = (
        f"Old and new labels agree in {agreed} of {reviewed}: at least {least:.1%} with "
        f"{confidence:.0%} confidence. "
    )
    if passed:
        statement += "They may be compared."
    elif reviewed < _needed(confidence):
        statement += f"Review {_needed(confidence)} or more again before old labels are reused."
    else:
        statement += "Do not reuse old labels: take fresh pairs, or carry over strictly."
    return Check("comparable labels", passed, math.nan, statement)


def _needed(confidence: float) -> int:
    """Count the reviews that, all agreeing, are enough."""
    return math.floor(math.log(1 - confidence) / math.log(COMPARABLE)) + 1


def _check(name: str, log_e: float, counts: str) -> Check:
    passed = log_e < math.log(1 / ALARM)
    verdict = "as planned" if passed else "not as planned; do not trust this trial's outcome"
    return Check(name, passed, log_e, f"{name.capitalize()}: {counts}: {verdict}.")


def _list(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.6g}" for value in values)
