"""Opens an alarm where the overview says that a model's probabilities are not to be trusted.

That the condition is ever there for a model whose probabilities hold has a chance of .05 at most,
however often it is looked at: it is an e-process's (`mimawari.evaluation.calibration_test`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.calibration_test import ALPHA
from mimawari.records.alarm import AlarmFigures, AlarmKind, AlarmUnit, Condition, Occurrence
from mimawari.service.alarms.watching import absent, open_conditions, seen
from mimawari.service.monitoring.figures import latest_days, topic_quality
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from datetime import datetime

KIND = AlarmKind.CALIBRATION_LOST


def watch_probabilities(now: datetime | None = None) -> None:
    """Look at what is kept of every topic in force."""
    now, kept = now or clock.database_now(), latest_days().if_kept()
    if kept is None:
        return
    doubted = {alarm.topic for alarm in kept.value.models}
    for topic in sorted(doubted):
        quality = topic_quality(topic).if_kept()
        if quality is None:
            continue
        trusted = quality.value.probabilities
        figures = AlarmFigures(
            value=max(trusted.evidence, trusted.evidence_shown),
            unit=AlarmUnit.NUMBER,
            high=1 - ALPHA,
            number=trusted.labels,
        )
        condition = Condition(KIND, topic, trusted.model or "")
        seen(Occurrence(condition=condition, figures=figures), now)
    for condition in open_conditions(KIND):
        if condition.topic not in doubted:
            absent(condition, now)
