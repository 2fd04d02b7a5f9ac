"""`mimawari flow`: training, auditing and retraining as runs that are resumed."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.flow_outputs import FLOWS, Name, argo, selected
from mimawari.cli.flow_progress import shown_progress
from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store, open_store_for
from mimawari.cli.training_options import Augment, Capacity, HiddenShare, Least, Sentences

if TYPE_CHECKING:
    from mimawari.service.flows.models import FlowRun, Outcome

app = typer.Typer(
    help="Flows: train, audit, retrain, back-test, select, monitor.", no_args_is_help=True
)
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
ROUTINE = "to learn from what was decided since"
Workers = Annotated[
    int | None, typer.Option(min=1, help="Tasks at the same time; by default one a core.")
]


@app.command()
def run(
    flow: Annotated[str, typer.Argument(help=FLOWS)],
    topic: Annotated[list[str], typer.Option(help="Topic in force; may be repeated.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = ROUTINE,
    data_set: Annotated[
        str | None,
        typer.Option(
            help="A version, or a name: its newest. By default retrain and train keep what is "
            "known now, and audit takes what the model was trained on."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Of audit and backtest: a registered model of each topic, in their order."
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Of backtest, select and monitor: the first closed day; by default the newest 30.",
        ),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last closed day.")
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="Of select: listings of each topic.")] = 100,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Of select: uncertain, models, shadows or random; all by default."),
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="linear, tfidf, gbdt, gmu, sentences, ensemble, or auto.")
    ] = "gbdt",
    least: Least = 20,
    folds: Annotated[int, typer.Option(min=2, help="Of the audit.")] = 5,
    capacity: Capacity = None,
    augment: Augment = None,
    hidden_share: HiddenShare = 0.1,
    sentences: Sentences = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="CHECK=REASON: a finding that does not stop the data set; repeatable."),
    ] = None,
    workers: Workers = None,
    by: By = None,
) -> None:
    """Run a flow; retrain ends with a candidate that is scored as a shadow."""
    open_store()
    from mimawari.cli.data import accepted
    from mimawari.flows.records import TrainSettings
    from mimawari.flows.selection_records import SOURCES, SelectSettings
    from mimawari.service.flows.asking import Asked, request_of
    from mimawari.service.flows.runs import begin

    actor = acting(by)
    settings = TrainSettings(
        algorithm=algorithm, least=least, folds=folds, augment=augment,
        hidden=hidden_share, capacity=capacity,
    )  # fmt: skip
    tasks = workers or os.cpu_count() or 1
    asked = Asked(
        flow, tuple(topic), settings, data_set, tuple(model or ()), accepted(accept or []),
        str(sentences.absolute()) if sentences else None, tasks,
        since.date() if since else None, until.date() if until else None,
        SelectSettings(budget=budget, sources=tuple(source or SOURCES)),
    )  # fmt: skip
    _execute(begin(flow, request_of(asked, actor), actor, reason), "", tasks, by)


@app.command()
def resume(name: Name, workers: Workers = None, by: By = None) -> None:
    """Go on with a run that was interrupted, stopped or failed: what was done is not done again."""
    open_store()
    from mimawari.service.flows.runs import take_up

    taken, stood = take_up(name, acting(by))
    typer.echo(f"{name} was {stood}, and goes on.")
    _execute(taken, stood, workers or os.cpu_count() or 1, by)


@app.command("list")
def list_runs(
    most: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 20,
    by: By = None,
) -> None:
    """List runs, the newest first."""
    open_store_for("models:write", by)
    from mimawari.service.accounts.authority import authority_of
    from mimawari.service.flows.holds import state_of
    from mimawari.service.flows.models import FlowRun

    authority = authority_of(acting(by))
    table = Table("run", "topics", "of", "begun", "state", "models", "by", "why")
    for run in FlowRun.objects.order_by("-started_at")[:most]:
        if all(map(authority.concerns, run.request.topics)):
            table.add_row(
                run.pk, ", ".join(run.request.topics), what_of(run),
                f"{run.started_at:%Y-%m-%d %H:%M}", state_of(run),
                ", ".join(run.outcome.models.values()), run.actor, run.reason,
            )  # fmt: skip
    Console().print(table if table.rows else "There are no runs.")


@app.command()
def show(name: Name, by: By = None) -> None:
    """Show what a run was asked for, where it stands, and what came of it."""
    open_store_for("models:write", by)
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission
    from mimawari.service.flows.exporting import folder_of
    from mimawari.service.flows.holds import state_of
    from mimawari.service.flows.runs import by_name

    run = by_name(name)
    require(acting(by), Permission.MODELS, *run.request.topics)
    ended = f", ended {run.ended_at:%Y-%m-%d %H:%M:%S}" if run.ended_at else ""
    typer.echo(f"{run.pk} is {state_of(run)}: begun {run.started_at:%Y-%m-%d %H:%M:%S}{ended}.")
    typer.echo(f"by {run.actor}: {run.reason}")
    typer.echo(f"{', '.join(run.request.topics)} of {what_of(run)}")
    if run.pruned_at is None:
        typer.echo(f"files: {folder_of(run).path}")
    else:
        typer.echo(f"its files were pruned on {run.pruned_at:%Y-%m-%d}.")
    if run.metaflow_runs:
        typer.echo(f"Metaflow's runs: {', '.join(run.metaflow_runs)}")
    _show(run, run.outcome)


@app.command()
def stop(name: Name, reason: Reason, by: By = None) -> None:
    """End a run that is going on; it can be resumed."""
    open_store()
    from mimawari.service.flows.runs import stop as stop_run

    stop_run(name, acting(by), reason)
    typer.echo(f"{name} is stopped.")


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=0, help="Remove files of runs older than so many days.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed.")] = False,
    by: By = None,
) -> None:
    """Remove files of old runs; those that a registered model came from stay, and the list."""
    open_store()
    from mimawari.service.flows.pruning import prune as prune_runs
    from mimawari.service.platform import clock

    before = clock.database_now() - timedelta(days=days)
    pruned = prune_runs(before, acting(by), dry_run)
    would = "would be" if dry_run else "are"
    typer.echo(
        f"Files of {len(pruned.runs):,} runs {would} removed, and {pruned.artifact_bytes:,} bytes "
        f"of artifacts; {len(pruned.kept):,} older runs stay, as registered models came from them."
    )


def _execute(one: FlowRun, stood: str, workers: int, by: str | None) -> None:
    """Run it under a bar, and say what came of it."""
    from mimawari.service.flows.executing import execute

    typer.echo(f"{one.pk}: {one.flow} of {', '.join(one.request.topics)}, {what_of(one)}")
    with shown_progress() as note:
        outcome = execute(one, acting(by), stood, workers, note)
    _show(one, outcome)
    for topic, model in outcome.models.items() if one.flow == "retrain" else ():
        if older := _other_shadows(topic, model):
            typer.echo(
                f"{topic}: still scored as shadows: {', '.join(older)}; mimawari models undeploy "
                "takes one away"
            )
    if outcome.problems:
        raise typer.Exit(1)


def what_of(one: FlowRun) -> str:
    """Say what a run reads: a data set, or days of history."""
    days = [day.day for day in one.request.days]
    if not days:
        return str(one.request.data_set)
    return f"{len(days)} days, {min(days)} to {max(days)}"


def _other_shadows(topic: str, model: str) -> list[str]:
    from mimawari.records.deployment import Slot
    from mimawari.service.releases.generations import entry_in_force

    entry = entry_in_force(topic)
    beside = entry.beside if entry else ()
    return [d.model for d in beside if d.slot == Slot.SHADOW and d.model != model]


def _show(one: FlowRun, outcome: Outcome) -> None:
    from mimawari.flows.run_folder import CARD
    from mimawari.service.flows.exporting import folder_of

    for topic, model in outcome.models.items():
        number = outcome.deployed.get(topic)
        typer.echo(f"{topic}: {model}" + (f", a shadow as generation {number}" if number else ""))
    for topic, problem in outcome.problems.items():
        typer.echo(f"{topic}: {problem}", err=True)
    for plan in sorted(folder_of(one).path.glob("topics/*/plan.json")):
        topic = plan.parent.name
        typer.echo(f"mimawari campaigns create NAME --topic {topic} --plan {plan}")
    card = folder_of(one).path / CARD
    if Path(card).exists():
        typer.echo(f"The card is {card}.")


@app.command()
def schedule(
    flow: Annotated[str, typer.Argument(help="train or retrain.")],
    topic: Annotated[list[str], typer.Option(help="Topic in force; may be repeated.")],
    days: Annotated[int, typer.Option(min=1, max=28, help="Every so many days.")] = 7,
) -> None:
    """Print what cron or systemd is told to run a flow every few days; installs nothing."""
    from mimawari.cli.flow_schedule import cron_line, systemd_units, unseen

    typer.echo("# cron: crontab -e")
    typer.echo(cron_line(flow, topic, days))
    typer.echo("")
    typer.echo(systemd_units(flow, topic, days))
    if missing := unseen():
        typer.echo(
            f"Neither sees {', '.join(missing)}: write these settings into a file, and name it in "
            "MIMAWARI_CONFIG.", err=True,
        )  # fmt: skip


app.command()(selected)
app.command()(argo)
