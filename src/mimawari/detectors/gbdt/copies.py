"""Whether a text score learns disguised copies: what they cost against what they keep.

Copies blur what is learnt of listings as they are, and keep some of those that are disguised.
Both are measured in nested folds of the training rows, on sellers held out, and put together as
the average precision where a stated share of the violations is disguised: half of these as copies
are made, half by disguises that the copies of that fold leave out. Copies stay unless they cost
beyond noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.gbdt.augment import augment
from mimawari.detectors.gbdt.choice import few_rows
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.linear import fit_columns, length_scale, margins_of, matrix
from mimawari.detectors.gbdt.rows import Rows
from mimawari.listings.batch import ListingBatch
from mimawari.listings.disguises import among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.augment import Augmentation
    from mimawari.detectors.gbdt.linear import TextSettings
    from mimawari.detectors.ngrams import NgramSpec
    from mimawari.records.json import JsonObject

    Shares = tuple[float, float]

FOLDS, DRAWS = 3, 100
# Rows, violations and letters of copies that are looked at, so that a decision costs about the same
# for any topic; each violation has a copy at least.
MOST_ROWS, MOST_POSITIVES, MOST_LETTERS = 4_000, 500, 250_000
HIDDEN = 0.1
"""Share of the violations that are taken to be disguised, where nothing else is stated."""


class CopiesWorth(msgspec.Struct, frozen=True):
    """Average precision with disguised copies over that without them.

    Parameters
    ----------
    share
        Of the violations that are taken to be disguised.
    plain, seen, unseen
        The difference where none is disguised, where all are by disguises that copies are made
        by, and where all are by others.
    gain, error
        The difference at that share, and its standard error over sellers.
    without
        Average precision at that share without copies.

    Examples
    --------
    >>> costly = CopiesWorth(0.1, -0.04, 0.1, 0.02, -0.026, 0.01, 0.8)
    >>> costly.learnt, msgspec.structs.replace(costly, error=0.03).learnt
    (False, True)
    >>> str(costly)
    'no disguised copies are learnt: with 10% of violations disguised they change AUPRC by -0.026 \
± 0.010 (-0.040 while nobody hides, +0.100 under disguises that are learnt, +0.020 under others)'
    """

    share: float
    plain: float
    seen: float
    unseen: float
    gain: float
    error: float
    without: float

    @property
    def learnt(self) -> bool:
        """Whether copies cost no more than one standard error."""
        return self.gain >= -self.error

    def facts(self) -> JsonObject:
        """Give the figures and the decision, as a model's lineage keeps them."""
        return {**msgspec.to_builtins(self), "learnt": self.learnt}

    def __str__(self) -> str:
        return (
            f"{'' if self.learnt else 'no '}disguised copies are learnt: with {self.share:.0%} of "
            f"violations disguised they change AUPRC by {self.gain:+.3f} ± {self.error:.3f} "
            f"({self.plain:+.3f} while nobody hides, {self.seen:+.3f} under disguises that are "
            f"learnt, {self.unseen:+.3f} under others)"
        )


class _Fold:
    """Held-out rankings without copies and with them.

    Ranked are the listings as they are, then the violations disguised as the copies are, then the
    violations disguised otherwise.
    """

    def __init__(
        self, held: Rows, of_row: NDArray[np.int64], margins: Sequence[NDArray[np.float64]]
    ) -> None:
        self._y, self._weight, self._of_row = held.y, held.weight, of_row
        y = np.concatenate((held.y, np.ones(2 * int(held.y.sum()), bool)))
        self._rankings = [Ranking(y, margin) for margin in margins]

    def precisions(self, shares: Shares, times: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Give average precision without and with copies; None where no violation is drawn."""
        drawn = self._weight * times[self._of_row]
        if not drawn[self._y].any():
            return None
        as_they_are = np.where(self._y, (1 - sum(shares)) * drawn, drawn)
        weight = np.concatenate((as_they_are, *(share * drawn[self._y] for share in shares)))
        return np.array([ranking.average_precision(weight) for ranking in self._rankings])


def worth_of_copies(
    rows: Rows,
    spec: NgramSpec,
    text: TextSettings,
    augmentation: Augmentation,
    share: float = HIDDEN,
) -> CopiesWorth:
    """Measure what copies cost while nobody hides, and what they keep where some do.

    Each violation stands in the ranking as it is, and twice disguised, with half of the stated
    share of its weight each: once as the fold's copies are, once by one of the disguises that they
    leave out, a third of all. Only rows of the training are looked at.

    Parameters
    ----------
    share
        Of the violations that are taken to be disguised; from 0 to 1.

    Notes
    -----
    The attacker does not look into the model: he disguises words at random. A decision is made of
    at most 4,000 rows and 250,000 letters of copies. The error is over resampled sellers, both
    ways on the same draws; with few sellers it is too small (Field & Welsh 2007).
    """
    few = few_rows(rows, text.seed, MOST_ROWS, MOST_POSITIVES)
    names, of_row = np.unique(few.groups, return_inverse=True)
    folds = []
    for number, (fit, held) in enumerate(grouped_folds(few.y, few.groups, FOLDS, text.seed)):
        if few.y[held].any():
            made = _margins(few.take(fit), few.take(held), number, spec, text, augmentation)
            folds.append(_Fold(few.take(held), of_row[held], made))
    random, drawn = np.random.default_rng((text.seed, 0xC0B1)), []
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        if (means := _means(folds, (share / 2, share / 2), times)) is not None:
            drawn.append(means[1] - means[0])
    once = np.ones(len(names), np.int64)
    cases = ((0, 0), (1, 0), (0, 1), (share / 2, share / 2))
    whole = [_means(folds, shares, once) for shares in cases]
    gains = [0.0 if two is None else float(two[1] - two[0]) for two in whole]
    error = float(np.std(drawn)) if drawn else float("inf")
    without = 0.0 if whole[-1] is None else float(whole[-1][0])
    return CopiesWorth(share, *(round(v, 6) for v in (*gains, error, without)))


def _means(
    folds: Sequence[_Fold], shares: Shares, times: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """Average over folds: their scores are of different models, on no common scale."""
    each = [two for fold in folds if (two := fold.precisions(shares, times)) is not None]
    return np.mean(each, axis=0) if each else None


def parted(disguises: Sequence[str], number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the disguises that a fold's copies are made by, and those that they leave out.

    Of a single kind none can be left out.

    Examples
    --------
    >>> parted(("a", "a", "b", "c", "d"), 0), parted(("a", "a"), 0)
    ((('b', 'c'), ('a', 'd')), (('a', 'a'), ('a',)))
    """
    kinds = tuple(dict.fromkeys(disguises))
    left_out = kinds[number % FOLDS :: FOLDS] or kinds
    made_by = tuple(name for name in disguises if name not in left_out)
    return (made_by, left_out) if made_by else (tuple(disguises), left_out)


def _margins(
    fit: Rows,
    held: Rows,
    number: int,
    spec: NgramSpec,
    text: TextSettings,
    augmentation: Augmentation,
) -> list[NDArray[np.float64]]:
    """Fit without copies and with them; margins of held-out rows, then of both disguises."""
    made_by, left_out = parted(augmentation.disguises, number)
    letters = sum(len(fit.listings[i].text) for i in np.flatnonzero(fit.y))
    most = min(augmentation.most, MOST_LETTERS * int(fit.y.sum()) // max(letters, 1))
    settings = msgspec.structs.replace(augmentation, disguises=made_by, most=most)
    more = augment(fit, settings)
    ordinary = [fit.listings[i] for i in np.flatnonzero(~fit.y)]
    registry, random = among(ordinary), np.random.default_rng((text.seed, number, 0xD15))
    violations = [held.listings[i] for i in np.flatnonzero(held.y)]
    hidden = [
        registry[names[random.integers(len(names))]](listing, random)
        for names in (made_by, left_out)
        for listing in violations
    ]
    texts = ListingBatch.of((*more.listings, *held.listings, *hidden)).texts
    x, scale = matrix(texts, spec), length_scale(texts)
    seen = np.flatnonzero(x[: len(more.y)].getnnz(axis=0))
    x, words = x[:, seen], int((seen < spec.words).sum())
    eased = msgspec.structs.replace(text, c=text.c * augmentation.ease)
    margins = []
    for learnt, how in ((fit, text), (more, eased)):
        n = len(learnt.y)
        fitted = fit_columns(x[:n], scale[:n], learnt.y, learnt.weight, words, how)
        margins.append(margins_of(x[len(more.y) :], scale[len(more.y) :], *fitted)[:, 2])
    return margins
