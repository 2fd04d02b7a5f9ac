"""What an answer is worth: shrunk to the default, and right once there are decisions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from mimawari.detectors.second_stage.weighing import PRIOR, Weights, learn
from mimawari.evaluation.second_stage import Considered, gain_of_day


def drawn(seed: int, count: int) -> tuple[list[float], list[float], list[int]]:
    """Draw calibrated scores, truth, and answers of sensitivity .9 and specificity .8."""
    random = np.random.default_rng(seed)
    scores = random.uniform(0.05, 0.8, count)
    truth = random.random(count) < scores
    yes = random.random(count) < np.where(truth, 0.9, 0.2)
    return scores.tolist(), (100.0 * yes).tolist(), truth.astype(int).tolist()


def test_few_decisions_hardly_move_it_and_many_find_the_error_rates() -> None:
    away = [abs(learn(*drawn(1, n)).weight - Weights().weight) for n in (3, 30, 3_000)]
    assert away[0] < 0.5
    assert away == sorted(away)
    weights = learn(*drawn(2, 20_000))
    # Bayes' rule: the odds times .9 / .2 after yes, times .1 / .8 after no.
    for answer, ratio in ((100, 4.5), (0, 0.125)):
        for score in (0.1, 0.4, 0.7):
            odds = score / (1 - score) * ratio
            assert weights.apply([score], [answer])[0] == pytest.approx(odds / (1 + odds), abs=0.03)


def test_it_is_the_maximum_a_posteriori_by_another_method() -> None:
    scores, answers, truth = drawn(4, 60)
    weights = learn(scores, answers, truth)

    def loss(vector: np.ndarray) -> float:
        total = sum(
            ((v - p) / s) ** 2 / 2 for v, p, s in zip(vector, (0, 1, 0.5), PRIOR, strict=True)
        )
        for score, answer, violates in zip(scores, answers, truth, strict=True):
            margin = vector @ [1, np.log(score / (1 - score)), answer / 50 - 1]
            total += np.log1p(np.exp(margin)) - violates * margin
        return float(total)

    best = minimize(
        loss, [0, 0, 0], method="Nelder-Mead", options={"xatol": 1e-6, "maxiter": 4_000}
    ).x
    assert [weights.intercept, weights.slope, weights.weight] == pytest.approx(best, abs=2e-3)


def test_decisions_of_the_list_alone_do_not_bias_it() -> None:
    """Who is decided depends on score and answer: both are in the regression."""
    scores, answers, truth = map(np.array, drawn(5, 60_000))
    rank = Weights().apply(scores, answers)
    listed = rank > np.quantile(rank, 0.7)
    of_list = learn(scores[listed].tolist(), answers[listed].tolist(), truth[listed].tolist())
    of_all = learn(scores.tolist(), answers.tolist(), truth.tolist())
    at = ([0.3, 0.5, 0.7], [100, 100, 100])
    assert of_list.apply(*at) == pytest.approx(of_all.apply(*at), abs=0.03)


def test_scores_of_nought_and_one_are_bounded() -> None:
    assert np.isfinite(Weights().apply([0.0, 1.0], [0, 100])).all()
    assert np.isfinite([learn([0.0, 1.0], [0.0, 100.0], [1, 0]).weight]).all()


def test_the_gain_of_a_day_is_counted_beside_what_gave_way() -> None:
    rows = [
        Considered(0.9, 0.9, "a", listed=True, label=1),
        Considered(0.8, 0.2, "b", listed=False),
        Considered(0.5, 0.7, "c", listed=True, label=1),
        Considered(0.4, 0.6, "d", listed=True, label=0),
        Considered(0.3, 0.1, "e", listed=False),
    ]
    gain = gain_of_day(rows, 2)
    assert (gain.reviewed, gain.caught) == (2, 1)
    assert gain.gain == pytest.approx(0.8)
    assert gain.expected == pytest.approx(0.9 + 0.7 - 0.9 - 0.2)
