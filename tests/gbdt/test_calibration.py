from __future__ import annotations

import msgspec
import numpy as np
import pytest

from mimawari.detectors.calibration import Calibration, fit_calibration


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


def test_useless_margins_give_the_prior() -> None:
    random = np.random.default_rng(0)
    y = random.random(500) < 0.1
    p = fit_calibration(random.normal(size=500), y).apply(np.zeros(1))
    assert p[0] == pytest.approx(0.1, abs=0.03)
