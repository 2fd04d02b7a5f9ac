"""`mimawari backtest`: a candidate against the champion on the history, with moderators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from mimawari.cli import options, trials
from mimawari.cli.store import acting, open_store

app = typer.Typer(help="Back-tests: compare models on the history.", no_args_is_help=True)


@app.command()
def start(
    candidate: options.Candidate,
    reason: options.Reason,
    by: options.By = None,
    mode: Annotated[
        str | None, typer.Option(help="reuse the champion's labels (default), or ask for fresh.")
    ] = None,
    window_days: Annotated[int | None, typer.Option(help="Days of history; 28 by default.")] = None,
    window_start: Annotated[
        datetime | None, typer.Option(help="First day; so many days before today by default.")
    ] = None,
    trained_until: Annotated[
        datetime | None,
        typer.Option(help="When the candidate's newest label was made, if it does not say so."),
    ] = None,
    reviews_per_day: Annotated[
        int | None, typer.Option(help="Of the capacity; a quarter of it by default.")
    ] = None,
    recheck: Annotated[
        int | None, typer.Option(help="Old labels asked for again; 50 by default.")
    ] = None,
    minimum_days: Annotated[
        int | None, typer.Option(help="Days of history seen before it promotes; 14 by default.")
    ] = None,
    capacity: options.Capacity = None,
    alpha: options.Alpha = None,
    beta: options.Beta = None,
    smallest_gain: options.Gain = None,
    most_reviews: options.MostReviews = None,
    family: options.Family = "",
    seed: options.Seed = None,
) -> None:
    """Start a back-test; moderators find its items among the others."""
    open_store()
    from mimawari.service.trials import trials as service

    design = trials.given(
        mode=mode,
        window_days=window_days,
        window_start=_utc(window_start),
        reviews_per_day=reviews_per_day,
        recheck=recheck,
        minimum_days=minimum_days,
        capacity=capacity,
        alpha=alpha,
        beta=beta,
        smallest_gain=smallest_gain,
        most_reviews=most_reviews,
        seed=seed,
    )
    topic, until = trials.topic_of(candidate), _utc(trained_until)
    trial = service.start_backtest(topic, candidate, acting(by), reason, until, family, **design)
    typer.echo(f"Back-test {trial.pk} of {topic} is started: mimawari backtest status {trial.pk}")


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


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
