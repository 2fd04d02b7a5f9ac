"""`mimawari erase`: takes out what a seller wrote and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store

if TYPE_CHECKING:
    from mimawari.service.erasure.tally import Tally

Seller = Annotated[str, typer.Argument(help="The seller, as listings name it (seller_id).")]
Why = Annotated[str, typer.Option(help="Why, without the seller's name; kept in the ledger.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only; nothing is erased.")]


def erase(seller: Seller, reason: Why, dry_run: DryRun = False, by: By = None) -> None:
    """Erase what a seller wrote and shows; the ledger says so, and verifies."""
    open_store()
    from mimawari.service.erasure.seller import erase_seller
    from mimawari.service.platform.write_ahead_log import empty_log

    so_far: Tally | None = None
    whole = False
    try:
        with _progress() as progress:
            task = progress.add_task("listing versions", total=None)

            def note(tally: Tally, left: int) -> None:
                nonlocal so_far
                so_far = tally
                progress.update(task, completed=tally.versions, total=tally.versions + left)

            so_far = erase_seller(seller, acting(by), reason, dry_run=dry_run, progress=note)
        whole = True
    finally:  # what was erased before a problem is gone
        if so_far is not None:
            _show(so_far, "Would erase" if dry_run else "Erased")
            if not whole:
                typer.echo("Not all was erased: repeat the command.", err=True)
    if not dry_run:
        _say_what_is_left(empty_log())


def _show(tally: Tally, begun: str) -> None:
    typer.echo(f"{begun} {tally.versions:,} listing versions.")
    typer.echo(
        f"With them: texts of {tally.scores:,} scores, {tally.explanations:,} explanations, "
        f"{tally.snapshots:,} notes of pictures, {len(tally.pictures):,} pictures."
    )
    if tally.shared:
        typer.echo(f"Kept {len(tally.shared):,} pictures that other sellers' listings show.")
    if tally.imported:
        typer.echo(f"{begun} {tally.imported:,} listings that came with past decisions.")
    if tally.data_sets:
        verb = "Would remove" if begun.startswith("Would") else "Removed"
        typer.echo(f"{verb} the rows of {tally.data_sets:,} data sets that hold the seller.")
    if tally.history:
        typer.echo(f"{begun} {tally.history:,} listing versions in the files of closed days.")
    if tally.edge_cases:
        typer.echo(f"{begun} {tally.edge_cases:,} edge cases: they judge no model any more.")
    if tally.questions:
        typer.echo(f"{begun} the texts of {tally.questions:,} answers of second stages.")
    if tally.alerts:
        verb = "Would close" if begun.startswith("Would") else "Closed"
        typer.echo(f"{verb} {tally.alerts:,} open alerts.")


def _say_what_is_left(log_is_empty: bool) -> None:
    if not log_is_empty:
        typer.echo(
            "The database's write-ahead log still holds old pages, as somebody was reading: "
            "it is emptied when the service stops.",
            err=True,
        )
    typer.echo("Back-ups, exports and models made before still hold it: see docs/operate.md.")


def _progress() -> Progress:
    columns = (
        TextColumn("{task.completed:,.0f} {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, transient=True, console=Console(stderr=True))
