from __future__ import annotations

import msgspec
import numpy as np
import pytest
from scipy.special import expit

from mimawari.detectors.calibration import fit_calibration
from mimawari.detectors.curves import STEP_SHARE, Calibration, Curves

CURVES = (
    Calibration("platt", 1.7, -3.0),
    Calibration("beta", beta=(1.4, 0.3, -2.0)),
    Calibration("isotonic", 0.8, -1.0, knots=(-2.0, 0.5, 3.0), values=(0.01, 0.2, 0.9)),
    Calibration("isotonic", 1.0, 0.0, knots=(0.0,), values=(0.25,)),
)
MARGINS = np.concatenate([np.linspace(-40, 40, 3001), [-1e4, -2.0, 0.5, 3.0, 1e4, np.nan]])


def naive(curve: Calibration, margins: np.ndarray) -> np.ndarray:
    """Each curve by its textbook formula."""
    if curve.kind == "beta":
        a, b, c = curve.beta
        return expit(-a * np.logaddexp(0, -margins) + b * np.logaddexp(0, margins) + c)
    platt = expit(curve.slope * margins + curve.intercept)
    if curve.kind == "platt":
        return platt
    steps = np.interp(margins, curve.knots, curve.values)
    return STEP_SHARE * steps + (1 - STEP_SHARE) * platt


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.kind)
def test_curves_equal_their_formulas(curve: Calibration) -> None:
    expected = naive(curve, MARGINS[:-1]).astype(np.float32)
    np.testing.assert_array_max_ulp(curve.apply(MARGINS)[:-1], expected, 1)
    assert np.isnan(curve.apply(MARGINS)[-1])
    assert curve.apply(MARGINS.reshape(31, -1)).shape == (31, len(MARGINS) // 31)


def test_many_curves_at_once_equal_each_alone() -> None:
    margins = np.random.default_rng(0).permuted(np.tile(MARGINS, (len(CURVES), 1)), axis=1).T
    together = Curves.of(CURVES).probabilities(margins)
    for column, curve in enumerate(CURVES):
        alone = curve.apply(margins[:, column])
        assert np.array_equal(together[:, column], alone, equal_nan=True)


@pytest.mark.parametrize(("n", "kind"), [(200, "platt"), (2_000, "beta"), (20_000, "isotonic")])
def test_calibrates_by_number_of_positives_and_keeps_order(n: int, kind: str) -> None:
    random = np.random.default_rng(0)
    margins = random.normal(-1, 2, n)
    y = random.random(n) < 1 / (1 + np.exp(-(2 * margins - 1)))
    fitted = fit_calibration(margins, y)
    assert fitted.kind == kind
    assert fitted.apply(margins).mean() == pytest.approx(y.mean(), abs=0.02)
    assert (np.diff(fitted.apply(np.linspace(-6, 4, 200))) >= 0).all()
    assert msgspec.json.decode(msgspec.json.encode(fitted), type=Calibration) == fitted


@pytest.mark.parametrize(("knots", "values"), [((), ()), ((1.0, 2.0), (0.5,))])
def test_steps_that_are_none_are_refused(
    knots: tuple[float, ...], values: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="knots"):
        Calibration("isotonic", knots=knots, values=values).apply(np.zeros(1))


def test_useless_margins_give_the_prior() -> None:
    random = np.random.default_rng(0)
    y = random.random(500) < 0.1
    p = fit_calibration(random.normal(size=500), y).apply(np.zeros(1))
    assert p[0] == pytest.approx(0.1, abs=0.03)
