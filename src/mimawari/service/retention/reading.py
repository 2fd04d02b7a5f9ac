"""Whether a back-test reads stored listings: none goes meanwhile."""

from __future__ import annotations

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.trials.models import Kind, Trial, TrialState


def refuse_while_read() -> None:
    """Refuse to take listings away while a back-test reads them.

    Raises
    ------
    InvalidInputError
        One does.
    """
    reading = Trial.objects.filter(kind=Kind.BACKTEST, state=TrialState.PREPARING).first()
    if reading is not None:
        problem = f"back-test {reading.pk} is reading stored listings"
        remedy = "wait until its items are chosen, or stop it"
        raise InvalidInputError(FieldProblem("trial", problem, remedy))
