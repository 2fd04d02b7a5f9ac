"""Evidence that a share has left its reference, from batches, for many streams at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.drift.checks import counted
from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mimawari.evaluation.drift.reference import Reference
    from mimawari.evaluation.drift.rule import Rule

    Floats = NDArray[np.float64]

# Standard errors by which a reference may be off beyond the tolerance.
ERRORS = 3.0
# The log of no evidence: finite, as JSON knows no infinity; beside 1 it is 0.
NONE = -700.0


class Detector:
    """An e-detector over many shares, by bets on how far they have moved.

    After each batch the evidence of a bet is ``R = (R + 1) (q / p)^x ((1 - q) / (1 - p))^(n - x)``
    with n sellers in the batch, x of them counted for the share, q the share that is bet on, and
    p the end next to q of what is no change: reference, tolerance and three standard errors in
    log odds. Bets on less than what is no change are not made: they begin with nothing and stay.
    A stream's evidence is the mean over bets, and a change is told once the weighted
    mean over streams reaches ``run_length / batch``. Streams whose own evidence reaches that are
    named (one does at least) and begin anew.

    **What holds.** As long as, given all that was seen, each share is within the tolerance of its
    reference, a batch multiplies each R + 1 by 1 or less in the mean, so the evidence less the
    number of batches is a supermartingale, and the mean number of batches before the first alarm
    is ``run_length / batch`` or more (Shiryaev-Roberts e-detector: Shin, Ramdas & Rinaldo, New
    England Journal of Statistics in Data Science 2023). Streams may depend on each other in any
    way: a weighted mean of e-detectors is one.

    **What is assumed.** Sellers of a batch are independent of each other given the past, and a
    seller who has more listings in it counts once (x may be a fraction). A level that moves on
    its own by more than the tolerance is a change to this detector, since it is one. Which of
    many streams are named comes without a guarantee of its own.

    Parameters
    ----------
    weights
        Of the streams, summing to 1: half of the weight is some 50 listings more until a share is
        told (`streams.weights` gives each kind the same).
    rule
        When a change is told.
    log_evidence
        What `log_evidence` was when the last process stopped; None to begin.

    Raises
    ------
    InvalidInputError
        For weights that do not sum to 1, and evidence of other streams or bets.

    Examples
    --------
    >>> from mimawari.evaluation.drift.reference import Reference
    >>> from mimawari.evaluation.drift.rule import Rule
    >>> usual = Reference(np.array([0.3, 0.7]), np.zeros(2))
    >>> detector = Detector([0.5, 0.5], Rule())
    >>> [bool(detector.step([60, 140], 200, usual).any()) for _ in range(20)].count(True)
    0
    >>> next(i for i in range(1, 20) if detector.step([80, 120], 200, usual).any())
    4
    """

    def __init__(
        self, weights: ArrayLike, rule: Rule, log_evidence: ArrayLike | None = None
    ) -> None:
        self.rule = rule
        self.log_weights = np.log(np.asarray(weights, np.float64))
        none = np.full((len(rule.odds), len(self.log_weights)), NONE)
        self.log_evidence = none if log_evidence is None else np.array(log_evidence, np.float64)
        if not math.isclose(float(np.exp(self.log_weights).sum()), 1, abs_tol=1e-6):
            raise InvalidInputError(
                FieldProblem("weights", "do not sum to 1", "take those of `streams.weights`")
            )
        if self.log_evidence.shape != none.shape or not np.isfinite(self.log_evidence).all():
            raise InvalidInputError(
                FieldProblem(
                    "log_evidence", "is of other streams or bets", "begin anew where these change"
                )
            )

    def step(self, hits: ArrayLike, sellers: ArrayLike, reference: Reference) -> NDArray[np.bool_]:
        """Take a batch; give the streams in which a change is told now, shape (streams,).

        Parameters
        ----------
        sellers
            Of the batch, or of each stream where not all were counted for each.

        Raises
        ------
        InvalidInputError
            For counts that are negative, no numbers, or more than the sellers; nothing is taken.
        """
        gains = log_gains(counted(hits, sellers), np.asarray(sellers), reference, self.rule)
        begun = np.where(made(reference, self.rule), 0.0, 2 * NONE)
        self.log_evidence = np.logaddexp(self.log_evidence, begun) + gains
        each = self.by_stream
        least = math.log(self.rule.least_evidence)
        if float(log_total(each + self.log_weights)) < least:
            return np.zeros(len(each), np.bool_)
        changed = each >= min(least, float(each.max()))
        self.log_evidence[:, changed] = NONE
        return changed

    @property
    def by_stream(self) -> Floats:
        """Log evidence of each stream, in nats."""
        return log_total(self.log_evidence) - math.log(len(self.log_evidence))


def made(reference: Reference, rule: Rule) -> NDArray[np.bool_]:
    """Say which bets are on more than what is no change; shape (bets, streams)."""
    return np.asarray(np.abs(np.array(rule.odds))[:, None] > _room(reference, rule))


def _room(reference: Reference, rule: Rule) -> Floats:
    return np.asarray(math.log(rule.tolerance) + ERRORS * reference.error)


def log_gains(x: Floats, n: Floats | float, reference: Reference, rule: Rule) -> Floats:
    """Give what a batch multiplies each bet by, in nats; shape (bets, streams)."""
    bets = np.array(rule.odds)[:, None]
    centre = logit(reference.share)
    against = centre + np.sign(bets) * _room(reference, rule)
    on = np.where(made(reference, rule), centre + bets, against)
    q, p = expit(on), expit(against)
    return np.asarray(x * np.log(q / p) + (n - x) * np.log(expit(-on) / expit(-against)))
