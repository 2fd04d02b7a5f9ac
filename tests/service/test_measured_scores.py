"""A score is a probability where something was measured: a model, or a rule by decisions."""

from __future__ import annotations

import pytest

from mimawari.records.manifest import Manifest
from mimawari.service.scoring.columns import TopicScore
from mimawari.service.scoring.measured import unmeasured

RULE = "weapons/pistol"


@pytest.mark.parametrize(
    ("model", "rule", "precisions", "expected"),
    [
        (None, 0.2, {}, True),
        (0.1, 0.2, {}, True),
        (0.3, 0.2, {}, False),
        (0.3, None, {}, False),
        (None, 0.35, {RULE: 0.35}, False),
        (None, 0.2, {RULE: 0.2}, True),  # "measured" without any hit
        (None, 0.9, {RULE: 0.35}, True),  # a bank's, or another rule's
        (None, 0.35, {"weapons/other": 0.35}, True),
    ],
)
def test_what_is_measured(
    model: float | None, rule: float | None, precisions: dict[str, float], expected: bool
) -> None:
    score = TopicScore(
        score=max(model or 0.0, rule or 0.0),
        model_score=model,
        rule_score=rule,
        refined=True,
        model="weapons-0" if model else None,
        policy_version=1,
        rules=[RULE] if rule else [],
        slots=[],
    )
    manifest = Manifest(topics={}, rule_precisions=precisions)
    assert unmeasured(score, manifest) == expected
