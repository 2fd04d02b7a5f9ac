"""`mimawari backtest`: a candidate against the champion on the history, with moderators."""

from __future__ import annotations

import typer

from mimawari.cli import options, trials
from mimawari.cli.declared_options import takes
from mimawari.cli.store import acting, open_store
from mimawari.service.trials.starting import BacktestFields, BacktestStart

app = typer.Typer(help="Back-tests: compare models on the history.", no_args_is_help=True)


@app.command()
@takes(BacktestStart, argument="candidate")
def start(given: BacktestFields, by: options.By = None) -> None:
    """Start a back-test; moderators find its items among the others."""
    open_store()
    from mimawari.service.trials import trials as service

    trial = service.start(given, acting(by))
    number, topic = trial.pk, trial.topic
    typer.echo(f"Back-test {number} of {topic} is started: mimawari backtest status {number}")


@app.command()
def status(number: options.Number) -> None:
    """Show state, evidence and events of a back-test."""
    open_store()
    trials.show(trials.find(number, "backtest"))


@app.command()
def stop(number: options.Number, reason: options.Reason, by: options.By = None) -> None:
    """Stop a back-test before its decision."""
    open_store()
    from mimawari.service.trials import trials as service

    service.stop(trials.find(number, "backtest"), acting(by), reason)
    typer.echo(f"Back-test {number} is stopped.")


@app.command("list")
def list_backtests() -> None:
    """List back-tests, those that run first."""
    open_store()
    trials.show_list("backtest")
