from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from mimawari.simulation.tails import upper_tail

THRESHOLDS = st.floats(-3, 5)


def naive(h: float, k: float, r: float) -> float:
    """Integrate P(Y > k | X = x) over x > h."""

    def density(x: float) -> float:
        return float(norm.pdf(x) * ndtr((r * x - k) / math.sqrt(1 - r * r)))

    # Split where the inner step is steep, which it is for r near 1.
    steep = [p for p in (k / r if r else 0.0, k) if h < p < h + 12]
    return float(quad(density, h, h + 12, epsabs=1e-15, limit=400, points=steep or None)[0])


@given(THRESHOLDS, THRESHOLDS, st.floats(-0.9, 0.995))
def test_equals_integration(h: float, k: float, r: float) -> None:
    assert upper_tail(h, k, r) == pytest.approx(naive(h, k, r), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("r", [-0.7, -0.2, 0.0, 0.4, 0.99])
def test_quadrant_is_the_arcsine_law(r: float) -> None:
    assert upper_tail(0, 0, r) == pytest.approx(0.25 + math.asin(r) / (2 * math.pi), abs=1e-14)


@pytest.mark.parametrize(("h", "k"), [(0.0, 1.3), (1.3, 0.0), (0.0, -1.3), (-1.3, 0.0)])
def test_a_threshold_of_zero(h: float, k: float) -> None:
    assert upper_tail(h, k, 0.6) == pytest.approx(naive(h, k, 0.6), abs=1e-12)


@given(THRESHOLDS, THRESHOLDS, st.floats(-0.9, 0.9))
def test_quadrants_add_up(h: float, k: float, r: float) -> None:
    """P(X > h) = P(X > h, Y > k) + P(X > h, -Y > -k); and the two variables may change places."""
    assert upper_tail(h, k, r) + upper_tail(h, -k, -r) == pytest.approx(ndtr(-h), abs=1e-12)
    assert upper_tail(h, k, r) == pytest.approx(upper_tail(k, h, r), abs=1e-13)
