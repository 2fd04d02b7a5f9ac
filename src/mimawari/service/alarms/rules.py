"""What follows from an alarm's kind: how soon somebody should look, and when it is over."""

from __future__ import annotations

from datetime import timedelta

from mimawari.records.alarm import AlarmKind, AlarmSeverity

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
SEVERITY = {
    AlarmKind.SCORER_ERRORS: AlarmSeverity.URGENT,
    AlarmKind.GOLDEN_SCORES: AlarmSeverity.URGENT,
    AlarmKind.DRIFT_OF_INPUTS: AlarmSeverity.NOTICE,
}
"""Of the kinds that are not a warning."""
QUIET = {
    AlarmKind.DRIFT_OF_INPUTS: _DAY,
    AlarmKind.DRIFT_OF_SCORES: _DAY,
    AlarmKind.TOO_MANY_ALERTS: _DAY,
    AlarmKind.TOO_FEW_ALERTS: _DAY,
    AlarmKind.PRECISION_FELL: 3 * _DAY,
    AlarmKind.AGREEMENT_FELL: 3 * _DAY,
    AlarmKind.LABELS_LATE: _DAY,
    AlarmKind.CALIBRATION_LOST: _DAY,
    AlarmKind.SCORER_ERRORS: _HOUR,
    AlarmKind.LATENCY: _HOUR,
    AlarmKind.GOLDEN_SCORES: _HOUR,
}
"""For how long a condition is looked at and not there before the system resolves its alarm."""


def severity_of(kind: AlarmKind) -> AlarmSeverity:
    """Give the usual severity of a kind.

    Examples
    --------
    >>> severity_of(AlarmKind.SCORER_ERRORS), severity_of(AlarmKind.PRECISION_FELL)
    (<AlarmSeverity.URGENT: 'urgent'>, <AlarmSeverity.WARNING: 'warning'>)
    """
    return SEVERITY.get(kind, AlarmSeverity.WARNING)
