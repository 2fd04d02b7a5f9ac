"""`mimawari release`: the work of trials, done once, for schedulers and tests."""

from __future__ import annotations

import typer

from mimawari.cli.store import open_store

app = typer.Typer(help="Trials at work.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Trials at work; `serve` does it by itself."""


@app.command()
def advance() -> None:
    """Do what is due for every trial now: prepare, ask, count, decide."""
    open_store()
    from mimawari.service.trials.models import Trial, TrialState
    from mimawari.service.trials.runner import advance as advance_all

    advance_all()
    going = Trial.objects.exclude(state=TrialState.ENDED).count()
    typer.echo(f"{going} trials go on.")
