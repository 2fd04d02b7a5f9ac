"""The topic file: one policy with its capacity, severity and rules, in TOML or YAML."""

from __future__ import annotations

from mimawari.detectors.topicfile.load import load, parse
from mimawari.detectors.topicfile.schema import Clause, Rule, RuleExample, Severity, TopicFile

__all__ = ["Clause", "Rule", "RuleExample", "Severity", "TopicFile", "load", "parse"]
