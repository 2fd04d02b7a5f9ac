"""A trial's end becomes a figure of its candidate, which gates ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.gates import Stage
from mimawari.records.measured import Figure, Measured, Source
from mimawari.service.releases.gates import keep_measured
from mimawari.service.releases.stages import note_stage
from mimawari.service.trials.models import Kind, Outcome

if TYPE_CHECKING:
    from mimawari.records.principal import Principal
    from mimawari.service.trials.event_bodies import End
    from mimawari.service.trials.models import Trial

VALUES = {Outcome.PROMOTE: 1.0, Outcome.UNDECIDED: 0.0, Outcome.REJECT: -1.0}
STAGES = {Kind.BACKTEST: Stage.BACKTESTED, Kind.EXPERIMENT: Stage.EXPERIMENT}


def note_outcome(trial: Trial, outcome: Outcome, end: End, actor: Principal) -> None:
    """Keep what a trial said of its candidate, within the caller's transaction.

    One that was stopped said nothing; a guard speaks of a model that serves already.
    """
    if trial.kind not in STAGES or outcome not in VALUES:
        return
    figure = Figure(
        measure=trial.kind,
        value=VALUES[outcome],
        against=trial.champion,
        statement=getattr(end, "statement", ""),
    )
    measured = Measured(source=Source.TRIAL, figures=(figure,), facts={"trial": str(trial.pk)})
    keep_measured(trial.candidate, measured, actor)
    if outcome == Outcome.PROMOTE:
        stage = STAGES[Kind(trial.kind)]
        note_stage(trial.candidate, trial.topic, stage, actor, f"{trial.kind} {trial.pk}")
