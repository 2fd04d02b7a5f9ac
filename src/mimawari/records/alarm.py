"""Alarms: what is not as it should be, what was measured against what, and how it stands."""

from __future__ import annotations

import enum
import math
from datetime import datetime

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError

MOST_TEXT = 200


class AlarmKind(enum.StrEnum):
    """What an alarm is about."""

    DRIFT_OF_INPUTS = "drift_of_inputs"
    DRIFT_OF_SCORES = "drift_of_scores"
    TOO_MANY_ALERTS = "too_many_alerts"
    TOO_FEW_ALERTS = "too_few_alerts"
    PRECISION_FELL = "precision_fell"
    AGREEMENT_FELL = "agreement_fell"
    LABELS_LATE = "labels_late"
    CALIBRATION_LOST = "calibration_lost"
    SCORER_ERRORS = "scorer_errors"
    LATENCY = "latency"
    GOLDEN_SCORES = "golden_scores"


class AlarmSeverity(enum.StrEnum):
    """How soon somebody should look."""

    NOTICE = "notice"
    WARNING = "warning"
    URGENT = "urgent"


class AlarmState(enum.StrEnum):
    """How an alarm stands."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlarmUnit(enum.StrEnum):
    """What the figures of an alarm count."""

    SHARE = "share"
    NUMBER = "number"
    SECONDS = "seconds"


class AlarmFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, and against what.

    Parameters
    ----------
    value
        What was measured.
    usual
        What it should be, where that is known.
    low, high
        Between which it would be no alarm.
    number
        Of how many sellers, alerts or cases it is.
    """

    value: float
    unit: AlarmUnit = AlarmUnit.SHARE
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    number: int = 0


def decode_figures(text: str) -> AlarmFigures:
    """Read figures from JSON."""
    return msgspec.json.decode(text, type=AlarmFigures)


class Condition(msgspec.Struct, frozen=True, order=True):
    """What is watched: while it is not as it should be, there is one open alarm of it.

    Parameters
    ----------
    topic, deployment
        Which topic and which model's version it concerns; empty where none.
    stream
        Which of several shares or figures, such as ``language: ja``.
    """

    kind: AlarmKind
    topic: str = ""
    deployment: str = ""
    stream: str = ""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that was seen not to be as it should.

    Parameters
    ----------
    began_at
        Since when; None: since it was seen.
    severity
        None: the usual one of the kind.

    Raises
    ------
    InvalidInputError
        For figures that are no numbers, and names that are too long.

    Examples
    --------
    >>> Occurrence(condition=Condition(AlarmKind.LATENCY), figures=AlarmFigures(value=math.nan))
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: figures: are no numbers: measure before an alarm is opened
    """

    condition: Condition
    figures: AlarmFigures
    began_at: datetime | None = None
    severity: AlarmSeverity | None = None

    def __post_init__(self) -> None:
        problems = [
            FieldProblem(name, f"has {len(text)} letters", f"give at most {MOST_TEXT}")
            for name in ("topic", "deployment", "stream")
            if len(text := getattr(self.condition, name)) > MOST_TEXT
        ]
        figures = self.figures
        given = (figures.value, figures.usual, figures.low, figures.high)
        if not all(math.isfinite(figure) for figure in given if figure is not None):
            remedy = "measure before an alarm is opened"
            problems.append(FieldProblem("figures", "are no numbers", remedy))
        if problems:
            raise InvalidInputError(*problems)


class AlarmDetails(msgspec.Struct, frozen=True):
    """An alarm as it is after an event; ``times`` is how often it was seen, once resolved."""

    kind: AlarmKind
    topic: str
    deployment: str
    stream: str
    severity: AlarmSeverity
    figures: AlarmFigures
    began_at: datetime
    opened_at: datetime
    state: AlarmState
    until: datetime | None
    times: int | None
