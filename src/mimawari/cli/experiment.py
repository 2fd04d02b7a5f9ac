"""`mimawari experiment`: a candidate against the champion on what arrives now."""

from __future__ import annotations

from typing import Annotated

import typer

from mimawari.cli import options, trials
from mimawari.cli.declared_options import takes
from mimawari.cli.store import acting, open_store
from mimawari.service.trials.starting import ExperimentFields, ExperimentStart

app = typer.Typer(help="Experiments: compare models online.", no_args_is_help=True)


@app.command()
@takes(ExperimentStart, argument="candidate")
def start(given: ExperimentFields, by: options.By = None) -> None:
    """Start an experiment inside the topic's daily capacity."""
    open_store()
    from mimawari.service.trials import trials as service

    trial = service.start(given, acting(by))
    number, topic = trial.pk, trial.topic
    typer.echo(f"Experiment {number} of {topic} runs: mimawari experiment status {number}")


@app.command()
def status(number: options.Number) -> None:
    """Show state, evidence and events of an experiment or guard."""
    open_store()
    trials.show(trials.find(number, "experiment", "guard"))


@app.command()
def stop(number: options.Number, reason: options.Reason, by: options.By = None) -> None:
    """Stop an experiment or guard before its decision."""
    open_store()
    from mimawari.service.trials import trials as service

    service.stop(trials.find(number, "experiment", "guard"), acting(by), reason)
    typer.echo(f"Trial {number} is stopped.")


@app.command("list")
def list_experiments() -> None:
    """List experiments and guards, those that run first."""
    open_store()
    trials.show_list("experiment", "guard")


@app.command()
def finish(
    number: options.Number,
    reason: options.Reason,
    by: options.By = None,
    guard: Annotated[bool, typer.Option(help="Watch the new champion against the old one.")] = True,
) -> None:
    """Bring in force what a trial decided: a promoted candidate, or the model from before."""
    open_store()
    from mimawari.service.trials import trials as service

    trial, who = trials.find(number, "experiment", "guard"), acting(by)
    generation = service.finish(trial, who, reason)
    typer.echo(f"In force as generation {generation}: what trial {number} decided.")
    if guard and trial.kind == "experiment" and trial.champion:
        watching = service.start_guard(trial, who, reason)
        typer.echo(f"Guard {watching.pk} watches it: mimawari experiment status {watching.pk}")


@app.command()
def decide(
    family: Annotated[str, typer.Argument(help="The family's name.")],
    reason: options.Reason,
    by: options.By = None,
) -> None:
    """End the trials of a family together, with false promotions bounded over all of them."""
    open_store()
    from mimawari.service.trials.families import decide_family

    for topic, outcome in decide_family(family, acting(by), reason).items():
        typer.echo(f"{topic}: {outcome}")
