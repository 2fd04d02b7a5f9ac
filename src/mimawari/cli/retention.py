"""`mimawari retention`: removes listing versions and scores of days that are over."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store

if TYPE_CHECKING:
    from mimawari.service.retention.remove import Tally

NAMES = {
    "scoring.Score": "scores",
    "scoring.Candidate": "candidates",
    "media.Snapshot": "notes of pictures",
}
Before = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], help="First day (UTC) that is kept.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only; nothing is removed.")]


def retention(before: Before, reason: Reason, dry_run: DryRun = False, by: By = None) -> None:
    """Remove listing versions and scores of earlier days; the ledger says which, and verifies."""
    open_store()
    from mimawari.service.retention.remove import Tally, remove

    so_far = Tally()
    try:
        with _progress() as progress:
            task = progress.add_task("0 listing versions", total=None)

            def note(tally: Tally) -> None:
                nonlocal so_far
                so_far = tally
                progress.update(task, description=f"{tally.days.total():,} listing versions")

            remove(before.date(), acting(by), reason, dry_run=dry_run, progress=note)
    finally:  # what was removed before a problem is gone
        if so_far.days or so_far.kept:
            _show(so_far, dry_run)
    if not so_far.days and not so_far.kept:
        typer.echo(f"Nothing is of a day before {before:%Y-%m-%d}.")


def _show(tally: Tally, dry_run: bool) -> None:
    begun = "Would remove" if dry_run else "Removed"
    typer.echo(f"{begun} {tally.days.total():,} listing versions{_span(sorted(tally.days))}.")
    others = [f"{tally.rows[label]:,} {name}" for label, name in NAMES.items()]
    if tally.days:
        typer.echo(f"With them: {', '.join(others)}.")
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in tally.kept.most_common())
    if reasons:
        typer.echo(f"Kept {tally.kept.total():,}: {reasons}.")


def _span(days: list[date]) -> str:
    return f" of {days[0]} to {days[-1]}" if days else ""


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, transient=True, console=Console(stderr=True))
