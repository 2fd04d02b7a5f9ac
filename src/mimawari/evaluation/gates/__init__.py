"""Gates between the stages of a model: a policy file, and what it says of what was measured."""

from mimawari.evaluation.gates.decide import Finding, GateReason, Known, Standing, check
from mimawari.evaluation.gates.measures import MEASURES, Measure
from mimawari.evaluation.gates.policy import (
    ENTERED,
    Entry,
    Gate,
    GatePolicy,
    Stage,
    default_policy,
    default_text,
    parse_policy,
)

__all__ = [
    "ENTERED",
    "MEASURES",
    "Entry",
    "Finding",
    "Gate",
    "GatePolicy",
    "GateReason",
    "Known",
    "Measure",
    "Stage",
    "Standing",
    "check",
    "default_policy",
    "default_text",
    "parse_policy",
]
