"""Whether a stored score was measured, or is what a rule's severity stands for until it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile import Severity

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest
    from mimawari.service.scoring.columns import TopicScore

# Scores are stored as 32-bit numbers.
NEARLY = 1e-5


def unmeasured(score: TopicScore, manifest: Manifest) -> bool:
    """Whether a score is that of a rule or bank of which no decision was measured yet.

    Then it orders the list and is no probability. A model's score is calibrated.
    """
    rule = score.rule_score
    if rule is None or (score.model_score is not None and score.model_score >= rule):
        return False
    measured = (manifest.rule_precisions.get(name) for name in score.rules)
    return not any(m is not None and _same(m, rule) and not is_prior(m) for m in measured)


def is_prior(precision: float) -> bool:
    """Whether a precision is a severity's: a rule without any hit keeps it."""
    return any(_same(precision, severity.prior) for severity in Severity)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, abs_tol=NEARLY)
