"""Alarms in words, in the language that is in force: for e-mail and for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.records.alarm import AlarmKind, AlarmSeverity, AlarmState, AlarmUnit

if TYPE_CHECKING:
    from mimawari.records.alarm import AlarmFigures


def kind_in_words(kind: AlarmKind) -> str:
    """Say what an alarm is about."""
    return {
        AlarmKind.DRIFT_OF_INPUTS: _("What comes in has changed"),
        AlarmKind.DRIFT_OF_SCORES: _("Scores have moved"),
        AlarmKind.TOO_MANY_ALERTS: _("More alerts than usual"),
        AlarmKind.TOO_FEW_ALERTS: _("Fewer alerts than usual"),
        AlarmKind.PRECISION_FELL: _("Fewer alerts are right than before"),
        AlarmKind.AGREEMENT_FELL: _("Moderators agree less than before"),
        AlarmKind.LABELS_LATE: _("Decisions come later than before"),
        AlarmKind.CALIBRATION_LOST: _("The model's probabilities do not hold any more"),
        AlarmKind.SCORER_ERRORS: _("Listings get no score"),
        AlarmKind.LATENCY: _("Scoring takes longer than it may"),
        AlarmKind.GOLDEN_SCORES: _("The model scores known listings differently"),
    }[kind]


def severity_in_words(severity: AlarmSeverity) -> str:
    """Say how soon somebody should look."""
    return {
        AlarmSeverity.NOTICE: _("notice"),
        AlarmSeverity.WARNING: _("warning"),
        AlarmSeverity.URGENT: _("urgent"),
    }[severity]


def state_in_words(state: AlarmState) -> str:
    """Say how an alarm stands."""
    return {
        AlarmState.OPENED: _("alarm is open"),
        AlarmState.ACKNOWLEDGED: _("alarm is acknowledged"),
        AlarmState.RESOLVED: _("alarm is resolved"),
    }[state]


def figure(value: float | None, unit: AlarmUnit) -> str:
    """Write a figure.

    Examples
    --------
    >>> figure(0.4513, AlarmUnit.SHARE), figure(1234.0, AlarmUnit.NUMBER), figure(None, "share")
    ('45.13%', '1,234', '–')
    """
    if value is None:
        return "–"
    if unit == AlarmUnit.SHARE:
        return f"{100 * value:.3g}%" if abs(value) < 0.1 else f"{100 * value:.4g}%"
    return f"{value:,.6g}" if value < 1_000 else f"{value:,.0f}"


def measured(figures: AlarmFigures) -> str:
    """Say what was measured, and against what."""
    text = figure(figures.value, figures.unit)
    if figures.unit == AlarmUnit.SECONDS:
        text = _("%(n)s seconds") % {"n": text}
    if figures.usual is not None:
        text += _(", usually %(usual)s") % {"usual": figure(figures.usual, figures.unit)}
    return text
