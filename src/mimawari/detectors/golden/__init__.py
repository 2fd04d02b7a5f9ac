"""Golden scores: what a model said of fixed listings where it was trained."""

from mimawari.detectors.golden.environment import Environment
from mimawari.detectors.golden.scores import (
    CLOSE,
    GOLDEN,
    Golden,
    GoldenDifference,
    add_golden,
    compare_golden,
    read_golden,
)

__all__ = [
    "CLOSE",
    "GOLDEN",
    "Environment",
    "Golden",
    "GoldenDifference",
    "add_golden",
    "compare_golden",
    "read_golden",
]
