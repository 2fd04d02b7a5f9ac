"""How far the probabilities of a topic's model can be trusted, from the labels it met."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.calibration_test import evidence_against
from mimawari.evaluation.recalibration import (
    NONE,
    Correction,
    label_weights,
    prior_shift,
    recalibrate,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.evaluation.bootstrap import Interval


class Trust(enum.StrEnum):
    """What labels say of probabilities."""

    NO_MODEL = "no model"
    NO_LABELS = "no labels yet"
    HOLD = "hold"
    CORRECTED = "corrected"
    NOT_TRUSTED = "not to be trusted"


# What each means, and what to do.
ADVICE = {
    Trust.NO_MODEL: "Rules alone are in force: there are no probabilities to trust.",
    Trust.NO_LABELS: "No listing that this model scored has a label yet.",
    Trust.HOLD: "Labels do not speak against them.",
    Trust.CORRECTED: (
        "The model's own no longer hold, those shown are corrected: train the topic again when "
        "there is time."
    ),
    Trust.NOT_TRUSTED: (
        "CANNOT BE TRUSTED: go by the order of the list, which stays right, not by the "
        "percentages. Look at the newest labels and the policy text, then train the topic again."
    ),
}


class Trusted(msgspec.Struct, frozen=True):
    """A model's probabilities against the labels it met.

    Parameters
    ----------
    labels, violations, sellers
        Labels of listings whose score was the model's, violations among them, and sellers.
    correction
        Of the probabilities, by the labels of the last days.
    evidence, evidence_shown
        `evidence_against` the probabilities of the model, and those that were shown: corrected
        as they were at the time.
    """

    trust: Trust = Trust.NO_MODEL
    model: str | None = None
    labels: int = 0
    violations: int = 0
    sellers: int = 0
    correction: Correction = NONE
    evidence: float = 0.0
    evidence_shown: float = 0.0


class Met(msgspec.Struct, frozen=True):
    """The labels that a model met, oldest first, shape (n,) each.

    Parameters
    ----------
    scores, shown
        Probabilities of the model, and as they were shown at the time.
    labels
        1 violates, 0 does not, -1 unknown.
    probability
        With which each was labelled: 1 on the list.
    recent
        Whether they are of the last days, which the correction is fitted to.
    """

    scores: NDArray[np.float64]
    shown: NDArray[np.float64]
    labels: NDArray[np.int8]
    probability: NDArray[np.float64]
    sellers: Sequence[str]
    recent: NDArray[np.bool_]


def assess(model: str, met: Met, trained: float | None, prevalence: Interval) -> Trusted:
    """Correct a model's probabilities and say whether they can be trusted.

    The correction starts from the shift of the prior, where it is sure, and goes as far as the
    recent labels carry it (`recalibrate`). The flag is raised by the probabilities as they were
    shown; where only the model's own fail, the correction has caught up with the market.

    Parameters
    ----------
    trained
        Prevalence where the model was trained; None where its rows were no fair sample, such as
        the labels of a list, which were chosen by what an earlier model thought of them. A model
        of such rows gives the probability of a listing all the same, but their share of
        violations is not that of any market.
    prevalence
        Of the last days, by the exploration slice.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> p, y = np.full(60, 0.9), np.zeros(60, np.int8)
    >>> met = Met(p, p, y, np.ones(60), [str(i) for i in range(60)], np.ones(60, bool))
    >>> trusted = assess("weapons-1", met, None, Interval(0.0, 0.0, 0.1))
    >>> trusted.trust.value, bool(trusted.correction.apply(np.array([0.9]))[0] < 0.2)
    ('not to be trusted', True)
    """
    rows = np.flatnonzero(met.labels >= 0)
    if not len(rows):
        return Trusted(Trust.NO_LABELS, model)
    sellers, labels = [met.sellers[i] for i in rows.tolist()], met.labels[rows]
    late = rows[met.recent[rows]]
    weights = label_weights(met.probability[late], [met.sellers[i] for i in late.tolist()])
    start = prior_shift(trained, prevalence)
    correction = recalibrate(met.scores[late], met.labels[late], weights, start)
    own = evidence_against(met.scores[rows], labels, sellers)
    given = evidence_against(met.shown[rows], labels, sellers)
    trust = Trust.NOT_TRUSTED if given >= 1 else Trust.CORRECTED if own >= 1 else Trust.HOLD
    violations = int((labels == 1).sum())
    return Trusted(trust, model, len(labels), violations, len(set(sellers)), correction, own, given)
