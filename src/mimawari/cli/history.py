"""`mimawari history`: days that are over as files, beside the database."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store_for

if TYPE_CHECKING:
    from mimawari.service.review.listing_history import VersionHistory

app = typer.Typer(help="Days that are over, as Parquet files.", no_args_is_help=True)
Before = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="First day (UTC) that stays open; today by default."),
]
Move = Annotated[
    bool, typer.Option("--move", help="Their rows leave the database, but for those needed there.")
]


@app.command()
def close(reason: Reason, before: Before = None, move: Move = False, by: By = None) -> None:
    """Write days that are over into files, and see that these hold what the database does."""
    open_store_for("retention:write", by)
    from mimawari.service.history.closing import close_day, open_days
    from mimawari.service.history.days import closed_days
    from mimawari.service.platform import clock
    from mimawari.service.retention.moving import move as move_rows

    until = before.date() if before else clock.database_now().date()
    days = open_days(until)
    for day in days:
        row = close_day(day, acting(by), reason)
        typer.echo(f"{day} is closed: {row.versions:,} versions, {row.bytes:,} bytes.")
    if not days:
        typer.echo(f"No day before {until} is open.")
    for row in closed_days() if move else ():
        if row.day < until:
            left = move_rows(row, acting(by), reason)
            kept = "".join(f", {count:,} stay ({why})" for why, count in sorted(left.kept.items()))
            typer.echo(f"{row.day}: {left.versions:,} versions left the database{kept}.")


@app.command("list")
def list_days(by: By = None) -> None:
    """List the days that are closed, the newest last."""
    open_store_for("listings:read", by)
    from mimawari.service.history.days import closed_days, moved_days

    moved = {row.day for row in moved_days()}
    table = Table("day", "versions", "MB", "edition", "rows", "at", "by")
    for row in closed_days():
        table.add_row(
            str(row.day),
            f"{row.versions:,}",
            f"{row.bytes / 1e6:.1f}",
            f"{row.edition} ({row.cause})",
            "in files" if row.day in moved else "in both",
            f"{row.at:%Y-%m-%d %H:%M}",
            row.actor,
        )
    Console().print(table)


@app.command()
def show(
    listing: Annotated[str, typer.Argument(help="The listing's identifier.")], by: By = None
) -> None:
    """Show what a listing's versions were scored with, wherever they are."""
    open_store_for("scores:read", by)
    from mimawari.service.review.listing_history import MOST, NEWEST, history_of

    known = history_of(listing, NEWEST, MOST)
    if known is None:
        typer.echo(f"{listing} is unknown.", err=True)
        raise typer.Exit(2)
    table = Table("version", "received", "state", "generation", "topic", "score", "model", "alert")
    for version in known.versions:
        for cells in _lines(version):
            table.add_row(*cells)
    Console().print(table)


def _lines(version: VersionHistory) -> list[tuple[str, ...]]:
    first = (str(version.version), f"{version.received_at:%Y-%m-%d %H:%M}", version.state)
    if version.score is None or not version.score.topics:
        return [first]
    alerted = {alert.topic for alert in version.alerts}
    generation = str(version.score.generation)
    return [
        (
            *first,
            generation,
            topic,
            f"{s.score:.4f}",
            s.model or "rules",
            "yes" * (topic in alerted),
        )
        for topic, s in version.score.topics.items()
    ]


@app.command()
def verify(by: By = None) -> None:
    """See that every file is there and as it was written; audit verify reads what is in them."""
    open_store_for("audit:read", by)
    from mimawari.service.history.checking import problems
    from mimawari.service.history.days import closed_days

    damaged = list(problems())
    for problem in damaged:
        typer.echo(problem, err=True)
    if damaged:
        raise typer.Exit(1)
    typer.echo(f"{len(closed_days()):,} closed days are as they were written.")
