"""Error rates of moderators, without knowing the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 500
STILL = 1e-9


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """What the votes say of moderators and cases.

    Parameters
    ----------
    sensitivity, specificity
        Shape (moderators,): shares of violations and of the rest that each calls so.
    prevalence
        Share of violations among the cases.
    violates
        Shape (cases,): probability that each case violates.
    """

    sensitivity: Floats
    specificity: Floats
    prevalence: float
    violates: Floats


def error_rates(
    case: NDArray[np.int64],
    moderator: NDArray[np.int64],
    vote: NDArray[np.int64],
    known: NDArray[np.int64] | None = None,
    prior: tuple[float, float] = (4.0, 1.0),
) -> ErrorRates:
    """Estimate error rates and truths together (Dawid & Skene, Applied Statistics 1979).

    EM for two classes: given rates, ``odds(case) = prevalence odds x product of each vote's
    likelihood ratio``; given truths, rates are weighted shares. A Beta prior says that
    moderators are right four times in five, worth ``sum(prior)`` votes each: it keeps rates
    off 0 and 1, and the two classes from changing places. Assumes that votes are independent
    given the truth, and each moderator's rates the same for all cases: easy and hard cases
    make the rates look better than they are on hard ones. Rates of few votes are mostly prior.

    Parameters
    ----------
    case, moderator, vote
        Shape (votes,): numbers from 0 of case and moderator, and 1 or 0.
    known
        Shape (cases,): truths of golden cases 1 or 0, -1 elsewhere.

    Examples
    --------
    >>> case, who = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    >>> vote = np.where(who == 2, 1, case % 2)
    >>> rates = error_rates(case, who, vote)
    >>> np.round(rates.sensitivity, 1).tolist(), np.round(rates.specificity, 1).tolist()
    ([1.0, 1.0, 1.0], [1.0, 1.0, 0.2])
    """
    cases, people = int(case.max(initial=-1)) + 1, int(moderator.max(initial=-1)) + 1
    fixed = np.full(cases, -1) if known is None else known
    votes = np.bincount(case, minlength=cases)
    truth = _fix(np.bincount(case, vote, cases) / np.maximum(votes, 1), fixed)
    right, wrong = prior
    for _ in range(ROUNDS):
        positive = np.bincount(moderator, truth[case], people)
        negative = np.bincount(moderator, 1 - truth[case], people)
        hits = np.bincount(moderator, truth[case] * vote, people)
        passes = np.bincount(moderator, (1 - truth[case]) * (1 - vote), people)
        sensitivity = (hits + right) / (positive + right + wrong)
        specificity = (passes + right) / (negative + right + wrong)
        prevalence = (float(truth.sum()) + 0.5) / (cases + 1)
        said_yes = np.log(sensitivity / (1 - specificity))
        said_no = np.log((1 - sensitivity) / specificity)
        ratio = np.where(vote == 1, said_yes[moderator], said_no[moderator])
        odds = np.log(prevalence / (1 - prevalence)) + np.bincount(case, ratio, cases)
        before, truth = truth, _fix(expit(odds), fixed)
        if np.abs(truth - before).max(initial=0.0) < STILL:
            break
    return ErrorRates(sensitivity, specificity, prevalence, truth)


def _fix(truth: Floats, known: NDArray[np.int64]) -> Floats:
    return np.where(known >= 0, known, truth).astype(np.float64)
