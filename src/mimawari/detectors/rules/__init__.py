"""Rules: all topics' patterns in one automaton, conditions as generated functions."""

from __future__ import annotations

from mimawari.detectors.rules.ruleset import RuleHits, RuleSet, measured_precision

__all__ = ["RuleHits", "RuleSet", "measured_precision"]
