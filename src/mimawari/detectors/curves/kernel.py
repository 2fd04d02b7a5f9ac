"""The loop that applies calibration curves."""

from __future__ import annotations

import math

import numpy as np

from mimawari.compiled import fast

# Positions in `curves.KINDS`.
BETA, ISOTONIC = 1, 2
# Isotonic steps tie many margins; a little of Platt's curve keeps their order.
STEP_SHARE = 0.99


@fast
def sigmoid(x):
    """Turn log-odds into a probability."""
    return 1.0 / (1.0 + math.exp(-x))


@fast
def step_at(knots, values, first, end, margin):
    """Read the steps at a margin, joined by lines; flat beyond both ends."""
    low, high = first, end
    while low < high:
        middle = (low + high) // 2
        if knots[middle] <= margin:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return values[first]
    if low == end:
        return values[end - 1]
    slope = (values[low] - values[low - 1]) / (knots[low] - knots[low - 1])
    return slope * (margin - knots[low - 1]) + values[low - 1]


@fast
def apply_curves(margins, kind, line, beta, starts, knots, values, out):
    """Write the probability of each margin (n, curves) to ``out``."""
    for row in range(len(margins)):
        for i in range(len(kind)):
            margin = np.float64(margins[row, i])
            if math.isnan(margin):
                out[row, i] = np.nan
            elif kind[i] == BETA:
                tail = math.log1p(math.exp(-abs(margin)))
                log_p, minus_log_rest = min(margin, 0.0) - tail, max(margin, 0.0) + tail
                sum_of_logs = log_p * beta[i, 0] + minus_log_rest * beta[i, 1]
                out[row, i] = sigmoid(sum_of_logs + beta[i, 2])
            else:
                p = sigmoid(line[i, 0] * margin + line[i, 1])
                if kind[i] == ISOTONIC:
                    step = step_at(knots, values, starts[i], starts[i + 1], margin)
                    p = STEP_SHARE * step + (1 - STEP_SHARE) * p
                out[row, i] = p
