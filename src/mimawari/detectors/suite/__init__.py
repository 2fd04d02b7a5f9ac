"""All rules and models of a generation, scored together in one pass."""

from __future__ import annotations

from mimawari.detectors.suite.scores import BesideScores, SuiteScores
from mimawari.detectors.suite.suite import Suite

__all__ = ["BesideScores", "Suite", "SuiteScores"]
