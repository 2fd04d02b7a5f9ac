"""The text score chooses its own settings, in nested folds of a topic's training rows.

A few settings are tried, none of them made for a market: penalty and pseudo-count together, ratio
or rarity alone, length or norm, words and characters apart or together. What each gains over the
first is measured here and shrunk towards what it gained on public topics, the more the less sure
the measurement is. With few violations the public topics decide, with many the topic's own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.acceptance import Ranking
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.linear import (
    TFIDF,
    TextSettings,
    fit_columns,
    length_scale,
    margins_of,
    matrix,
)
from mimawari.detectors.gbdt.memo import Memo, digest
from mimawari.detectors.gbdt.rows import Rows
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from mimawari.detectors.ngrams import NgramSpec

NORMED = TextSettings(c=10, alpha=1, scaling="norm")
CANDIDATES: dict[str, TextSettings] = {
    "ratio": TextSettings(),
    "ratio_soft": TextSettings(c=1, alpha=0.3),
    "ratio_softer": TextSettings(c=5, alpha=1),
    "ratio_norm": TextSettings(c=2, alpha=0.1, scaling="norm"),
    "ratio_norm_soft": NORMED,
    "rarity": TFIDF,
    "rarity_soft": msgspec.structs.replace(TFIDF, c=30),
    "words": msgspec.structs.replace(NORMED, parts="words"),
    "characters": msgspec.structs.replace(NORMED, parts="characters"),
}
"""Settings that are tried; gains are over the first."""
FIRST = next(iter(CANDIDATES))
FOLDS, MOST_ROWS, MOST_POSITIVES, DRAWS = 3, 5_000, 1_250, 100
# Differences of average precision below this are nothing that labels could tell apart.
LEAST_SPREAD = 0.005
CHOSEN = Memo[str](64)


class Gain(msgspec.Struct, frozen=True):
    """Average precision over that of the first candidate, and its standard error."""

    gain: float
    error: float


class PublicTopic(msgspec.Struct, frozen=True):
    """What every candidate gained on a topic of a public set."""

    source: str
    topic: str
    positives: int
    gains: dict[str, Gain]


class Prior(msgspec.Struct, frozen=True):
    """Mean gain and spread of each candidate over public topics."""

    mean: dict[str, float]
    spread: dict[str, float]


@cache
def public_topics() -> tuple[PublicTopic, ...]:
    """Give the gains measured on public sets (``scripts/text_prior.py`` makes the file)."""
    data = files("mimawari.detectors.gbdt").joinpath("text_prior.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[PublicTopic, ...])


def prior_of(topics: tuple[PublicTopic, ...], without: tuple[str, ...] = ()) -> Prior:
    """Average gains, every set alike however many topics it has.

    Parameters
    ----------
    without
        Sets left out: those that a choice is going to be judged by.

    Examples
    --------
    >>> gains = {"ratio": Gain(0.0, 0.0), "words": Gain(0.1, 0.02)}
    >>> prior_of((PublicTopic("a", "t", 50, gains), PublicTopic("b", "t", 50, gains))).mean["words"]
    0.1
    """
    used = [topic for topic in topics if topic.source not in without]
    names = {name for topic in used for name in topic.gains}
    share = {s: 1 / sum(t.source == s for t in used) for s in {t.source for t in used}}
    weight = np.array([share[topic.source] for topic in used])
    mean, spread = {}, {}
    for name in sorted(names):
        gains = np.array([topic.gains[name].gain for topic in used])
        mean[name] = float(weight @ gains / weight.sum())
        variance = float(weight @ (gains - mean[name]) ** 2 / weight.sum())
        spread[name] = max(LEAST_SPREAD, variance**0.5)
    return Prior(mean, spread)


def shrunk(measured: Mapping[str, Gain], prior: Prior) -> dict[str, float]:
    """Give each candidate's expected gain: both means, weighted by their precision.

    The posterior mean of a normal mean under a normal prior, with the measured error for known
    and the spread over public topics for the prior's (Efron & Morris 1973).

    Examples
    --------
    >>> prior = Prior({"words": 0.02}, {"words": 0.01})
    >>> shrunk({"words": Gain(0.1, 0.01)}, prior), shrunk({"words": Gain(0.1, 10.0)}, prior)
    ({'words': 0.06}, {'words': 0.02})
    """
    expected = {}
    for name, gain in measured.items():
        mean, spread = prior.mean.get(name, 0.0), prior.spread.get(name, LEAST_SPREAD)
        own = spread**2 / (spread**2 + gain.error**2)
        expected[name] = round(own * gain.gain + (1 - own) * mean, 6)
    return expected


def few_rows(
    rows: Rows, seed: int, most: int = MOST_ROWS, most_positives: int = MOST_POSITIVES
) -> Rows:
    """Draw the rows that settings are tried on, so that a choice costs the same for any topic.

    Each class keeps its weight.
    """
    y, random = rows.y, np.random.default_rng((seed, 0xC01CE))
    inside = random.permutation(np.flatnonzero(y))[:most_positives]
    rest = random.permutation(np.flatnonzero(~y))[: most - len(inside)]
    drawn = rows.take(np.sort(np.concatenate((inside, rest))))
    weight = drawn.weight.copy()
    for of_all, of_drawn in ((y, drawn.y), (~y, ~drawn.y)):
        weight[of_drawn] *= rows.weight[of_all].sum() / max(weight[of_drawn].sum(), 1e-12)
    return Rows(drawn.listings, drawn.y, weight)


def measure(
    x: csr_matrix,
    scale: NDArray[np.float32],
    y: NDArray[np.bool_],
    groups: NDArray[np.str_],
    weight: NDArray[np.float64],
    spec: NgramSpec,
    seed: int = 0,
) -> dict[str, Gain]:
    """Measure every candidate on the same seller-grouped folds, with errors over sellers."""
    seen = np.flatnonzero(x.getnnz(axis=0))
    x, words = x[:, seen], int((seen < spec.words).sum())
    scores = {name: np.full(len(y), -np.inf) for name in CANDIDATES}
    for fit, held in grouped_folds(y, groups, FOLDS, seed):
        for name, settings in CANDIDATES.items():
            fitted = fit_columns(x[fit], scale[fit], y[fit], weight[fit], words, settings)
            scores[name][held] = margins_of(x[held], scale[held], *fitted)[:, 2]
    names, of_row = np.unique(groups, return_inverse=True)
    rankings = {name: Ranking(y, margin) for name, margin in scores.items()}
    random, drawn = np.random.default_rng((seed, 0x6A1)), []
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        if (weight * times[of_row])[y].any():
            drawn.append(_gains(rankings, weight * times[of_row]))
    whole = _gains(rankings, weight)
    errors = np.std(drawn, axis=0) if drawn else np.full(len(whole), np.inf)
    return {
        name: Gain(float(gain), float(error))
        for name, gain, error in zip(CANDIDATES, whole, errors, strict=True)
    }


def _gains(rankings: Mapping[str, Ranking], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    precisions = [ranking.average_precision(weight) for ranking in rankings.values()]
    return np.array(precisions, np.float64) - precisions[0]


def choose(
    rows: Rows, spec: NgramSpec, settings: TextSettings, without: tuple[str, ...] = ()
) -> TextSettings:
    """Give the candidate with the largest expected gain, with the folds and seed of ``settings``.

    What was chosen for rows is kept: kinds that read the same text ask for it in turn. Only rows
    of the training are looked at: whoever judges a model by other rows judges the choice with it.

    Parameters
    ----------
    without
        Public sets that the choice must know nothing of.
    """
    key = digest(rows, spec, settings.seed, without)
    best = CHOSEN.get(key, lambda: _best(rows, spec, settings.seed, without))
    return msgspec.structs.replace(CANDIDATES[best], folds=settings.folds, seed=settings.seed)


def _best(rows: Rows, spec: NgramSpec, seed: int, without: tuple[str, ...]) -> str:
    """Name the candidate with the largest expected gain."""
    few = few_rows(rows, seed)
    texts = ListingBatch.of(few.listings).texts
    measured = measure(
        matrix(texts, spec),
        length_scale(texts),
        few.y,
        few.groups,
        few.weight,
        spec,
        seed,
    )
    expected = shrunk(measured, prior_of(public_topics(), without))
    return max(expected, key=lambda name: expected[name])
