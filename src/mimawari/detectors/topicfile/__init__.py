"""The topic file: one policy with its capacity, severity and rules, in TOML or YAML."""

from __future__ import annotations

from mimawari.detectors.topicfile.load import load, parse
from mimawari.detectors.topicfile.schema import Rule, RuleExample, Severity, TopicFile

__all__ = ["Rule", "RuleExample", "Severity", "TopicFile", "load", "parse"]
