"""`mimawari rescan`: live listings scored again, under the rules and the model of now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store, open_store_for
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.service.scoring.models import Rescan
    from mimawari.service.scoring.rescanning import Progress as RescanProgress
    from mimawari.service.scoring.rescans import Plan

app = typer.Typer(help="Score live listings again, under the rules and the model of now.")


@app.callback(invoke_without_command=True)
def rescan(
    context: typer.Context,
    topic: Annotated[str, typer.Option(help="The topic whose rules and model are new.")] = "",
    reason: Reason = "",
    rate: Annotated[float, typer.Option(min=0.1, help="Listings a second at most.")] = 200.0,
    share: Annotated[
        float, typer.Option(help="Of the topic's daily capacity, what it may take.")
    ] = 0.2,
    least: Annotated[float, typer.Option(help="The lowest score that counts as found.")] = 0.02,
    most: Annotated[
        int | None,
        typer.Option(help="Keep so many, the highest; a week of the share by default."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be opened; nothing is kept.")
    ] = False,
    by: By = None,
) -> None:
    """Score what is live again; run it again to go on where it was interrupted."""
    if context.invoked_subcommand is not None:
        return
    if not topic:
        raise InvalidInputError(FieldProblem("topic", "is missing", "give --topic NAME"))
    open_store()
    from mimawari.service.scoring.rescans import Plan

    plan = Plan(share=share, least=least, most=most)
    wanted = _planned(topic, plan, by) if dry_run else _begun(topic, plan, reason, by)
    if not _run(wanted, rate):
        typer.echo("It was stopped meanwhile.")
        raise typer.Exit(1)
    _report(wanted, dry_run)


def _planned(topic: str, plan: Plan, by: str | None) -> Rescan:
    """Give a rescan of which nothing is kept."""
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission
    from mimawari.service.scoring.rescans import planned

    require(acting(by), Permission.POLICY, topic)
    return planned(topic, plan)


def _begun(topic: str, plan: Plan, reason: str, by: str | None) -> Rescan:
    """Begin a rescan, or go on with the one that was interrupted, and say which."""
    from mimawari.service.scoring.rescans import begin

    wanted, new = begin(topic, plan, acting(by), reason)
    verb = "begins" if new else f"goes on behind {wanted.scored:,} listings"
    typer.echo(f"Rescan {wanted.pk} of {topic} {verb}.")
    return wanted


def _run(wanted: Rescan, rate: float) -> bool:
    """Score what is live, and show how far that is; gives whether it came to its end."""
    from mimawari.service.admission.rescans import already_judged
    from mimawari.service.scoring.rescanning import Pass
    from mimawari.service.scoring.throttle import Throttle

    work = Pass(wanted, already_judged, Throttle(rate))
    columns = (
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} listings · {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True, console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=work.rescan.total, completed=work.rescan.scored)

        def note(now: RescanProgress) -> None:
            aside = f" · stands aside while {now.lag:,} wait" if now.lag else ""
            shown.update(
                task, completed=now.scored, total=max(now.total, now.scored),
                description=f"{now.findings:,} found{aside}",
            )  # fmt: skip

        return work.run(note)


def _report(done: Rescan, dry_run: bool) -> None:
    from mimawari.service.scoring.rescans import daily

    entry = done.generation.manifest.topics[done.topic]
    kept, a_day = min(done.found, done.most), daily(entry, done.share)
    typer.echo(
        f"{done.scored:,} live listings were scored, {done.found:,} found with {done.least:g} or "
        f"more that nobody has judged."
    )
    days = -(-kept // a_day)
    would = "would be" if dry_run else "are"
    typer.echo(
        f"The best {kept:,} {would} put before moderators, {a_day:,} of {entry.capacity:,} a day "
        f"at most: {days:,} days."
    )


@app.command("list")
def list_rescans(by: By = None) -> None:
    """Show rescans, the newest first."""
    open_store_for("listings:read", by)
    from django.db.models import Count, Q

    from mimawari.service.accounts.authority import authority_of
    from mimawari.service.scoring.models import FindingState, Rescan

    authority = authority_of(acting(by))
    opened = Count("findings", filter=Q(findings__state=FindingState.OPENED))
    waiting = Count("findings", filter=Q(findings__state=FindingState.WAITING))
    rows = Rescan.objects.annotate(opened=opened, waiting=waiting).defer("best").order_by("-pk")
    table = Table("rescan", "topic", "generation", "begun", "state", "scored", "found", "opened",
                  "waiting")  # fmt: skip
    for row in rows[:50]:
        if authority.concerns(row.topic):
            table.add_row(
                str(row.pk), row.topic, str(row.generation_id),
                f"{row.started_at:%Y-%m-%d %H:%M}", row.state,
                f"{row.scored:,} of {row.total:,}", f"{row.found:,}",
                f"{row.opened:,}", f"{row.waiting:,}",
            )  # fmt: skip
    Console().print(table if table.rows else "There are no rescans.")


@app.command("stop")
def stop_rescan(
    number: Annotated[int, typer.Argument(help="The rescan's number, as 'list' shows it.")],
    reason: Reason,
    by: By = None,
) -> None:
    """End a rescan: nothing more is scored or opened; what was opened stays."""
    open_store()
    from mimawari.service.scoring.rescans import stop

    ended = stop(number, acting(by), reason)
    typer.echo(f"Rescan {number} of {ended.topic} is {ended.state}.")
