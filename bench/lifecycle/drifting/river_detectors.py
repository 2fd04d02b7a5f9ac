"""What river's detectors say of one share, listing by listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from river.drift import ADWIN, PageHinkley

from bench.environment import rounded
from bench.lifecycle.drifting.delays import told
from bench.lifecycle.drifting.market import Market

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from river.base import DriftDetector

SHARE, MOVED, BEFORE, MOST = 0.45, 0.55, 50_000, 20_000
# As they come, and as strict as 66 shares and 45 million listings ask: ADWIN by its bound,
# Page-Hinkley by a threshold that its random walk passes so seldom.
DETECTORS: dict[str, Callable[[], DriftDetector]] = {
    "ADWIN, as it comes": ADWIN,
    "ADWIN, delta 3e-10": lambda: ADWIN(delta=3e-10),
    "PageHinkley, as it comes": PageHinkley,
    "PageHinkley, threshold 500": lambda: PageHinkley(threshold=500),
}


def measure(days: int, a_day: int, runs: int, seed: int) -> dict[str, Any]:
    """Count alarms on a share that stays and on one with its daily wave; measure delays."""
    figures = {}
    for name, make in DETECTORS.items():
        random = np.random.default_rng(seed)
        hours = np.arange(days * a_day) / a_day * 24
        waves = np.array([Market().shares(h)[0] for h in range(days * 24 + 1)])
        wave = np.interp(hours, np.arange(len(waves)), waves)
        seen = np.array([_delay(make(), random) for _ in range(runs)])
        figures[name] = {
            "false_alarms_a_day_constant": rounded(
                len(_alarms(make(), random.random(len(hours)) < SHARE)) / days
            ),
            "false_alarms_a_day_with_daily_wave": rounded(
                len(_alarms(make(), random.random(len(hours)) < wave)) / days
            ),
            "delay_45_to_55": told(seen),
        }
    return figures


def _alarms(detector: DriftDetector, bits: NDArray[np.bool_]) -> list[int]:
    found = []
    for i, bit in enumerate(bits.astype(np.int8).tolist(), 1):
        detector.update(bit)
        if detector.drift_detected:
            found.append(i)
    return found


def _delay(detector: DriftDetector, random: np.random.Generator) -> float:
    """Give the listings from a move until something is told, after a while without one."""
    _alarms(detector, random.random(BEFORE) < SHARE)
    return next(iter(_alarms(detector, random.random(MOST) < MOVED)), np.inf)
