"""`mimawari campaigns`: labels that are asked for, of what somebody looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.campaign_plans import Number, Reason, create, edit
from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store, open_store_for
from mimawari.figures import percent

if TYPE_CHECKING:
    from mimawari.service.campaigns.models import CampaignChange
    from mimawari.service.campaigns.progress import Progress

app = typer.Typer(help="Labels that are asked for.", no_args_is_help=True)
app.command()(create)
app.command()(edit)


@app.command("list")
def list_campaigns(by: By = None) -> None:
    """List campaigns, the newest first, with what each has come to."""
    open_store_for("quality:read", by)
    from mimawari.service.accounts.authority import authority_of
    from mimawari.service.campaigns.progress import progress_of
    from mimawari.service.campaigns.reading import campaigns

    known = campaigns(authority_of(acting(by)))
    progress = progress_of([change.campaign_id for change in known])
    table = Table(
        "number", "topic", "name", "state", "asked", "labels", "violations", "yield", "until"
    )
    for change in known:
        come_to = progress[change.campaign_id]
        gathered = come_to.gathered
        state = f"{change.state} ({change.ended_for})" if change.ended_for else change.state
        table.add_row(
            str(change.campaign_id), change.campaign.topic, change.campaign.name, state,
            f"{come_to.asked:,}", _of(gathered.labels, change.planned.labels),
            _of(gathered.violations, change.planned.violations), _yield(come_to),
            f"{change.planned.until}",
        )  # fmt: skip
    Console().print(table if table.rows else "There are no campaigns.")


@app.command()
def show(number: Number, by: By = None) -> None:
    """Show a campaign: its plan, every change of it, its progress and what came of it."""
    open_store_for("quality:read", by)
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission
    from mimawari.service.campaigns.progress import progress_of
    from mimawari.service.campaigns.reading import by_number, changes_of, result_of

    change = by_number(number)
    require(acting(by), Permission.QUALITY, change.campaign.topic)
    come_to = progress_of([number])[number]
    typer.echo(f"campaign {number} of {change.campaign.topic} is {change.state}: "
               f"{change.campaign.name}")  # fmt: skip
    typer.echo(_planned(change))
    gathered = come_to.gathered
    typer.echo(
        f"{come_to.asked:,} asked: {gathered.labels:,} labels, {gathered.violations:,} violations, "
        f"{come_to.waiting:,} wait, {come_to.unsure:,} unsure, {come_to.gone:,} gone; "
        f"yield {_yield(come_to)}"
    )
    table = Table("source", "asked", "labels", "violations")
    for row in come_to.sources:
        table.add_row(row.source, f"{row.asked:,}", f"{row.labels:,}", f"{row.violations:,}")
    Console().print(table)
    for step in changes_of(number):
        why = f": {step.reason}" if step.reason else ""
        what = f"{step.state} ({step.ended_for})" if step.ended_for else step.state
        typer.echo(f"{step.at:%Y-%m-%d %H:%M} {what} by {step.actor}{why}")
    result = result_of(number)
    if result is not None:
        typer.echo(f"data set: {result.data_set or result.problem}")
        typer.echo("a retraining began" if result.retraining else "no retraining began")


@app.command()
def pause(number: Number, reason: Reason, by: By = None) -> None:
    """Ask for nothing more until it is resumed; what waits goes on waiting."""
    _set_state(number, "paused", reason, by)


@app.command()
def resume(number: Number, reason: Reason, by: By = None) -> None:
    """Go on with a campaign that is paused."""
    _set_state(number, "running", reason, by)


@app.command()
def end(number: Number, reason: Reason, by: By = None) -> None:
    """End a campaign; the keeper withdraws what waits and makes its data set."""
    _set_state(number, "ended", reason, by)


@app.command()
def fill() -> None:
    """Do now what the keeper does every minute: end what is due, and fill the day."""
    open_store()
    from mimawari.service.campaigns.ending import CampaignKeeper

    CampaignKeeper().work()
    typer.echo("Campaigns are ended and filled.")


def _set_state(number: int, state: str, reason: str, by: str | None) -> None:
    open_store()
    from mimawari.service.campaigns.changing import change
    from mimawari.service.campaigns.models import CampaignState

    change(number, acting(by), reason, state=CampaignState(state))
    typer.echo(f"campaign {number} is {state}.")


def _of(number: int, goal: int) -> str:
    return f"{number:,} of {goal:,}" if goal else f"{number:,}"


def _yield(progress: Progress) -> str:
    share = progress.gathered.share
    if not progress.gathered.labels:
        return "unknown"
    width = share.high - share.low
    ends = f"{percent(share.low, width)} to {percent(share.high, width)}"
    return f"{percent(share.value, width)} % ({ends})"


def _planned(change: CampaignChange) -> str:
    plan = change.planned
    goal = f"{plan.labels:,} labels" if plan.labels else f"{plan.violations:,} violations"
    conditions = ", ".join(filter(None, (plan.text, plan.language, plan.category))) or "any listing"
    beyond = f" ({plan.beyond:,} beyond the capacity)" if plan.beyond else ""
    return (
        f"{goal} by {plan.until}, {plan.budget:,} a day{beyond}, of {conditions}, from "
        f"{', '.join(plan.sources)}"
    )
