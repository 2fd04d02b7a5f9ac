"""`mimawari search`: the index that searches read."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mimawari.cli.store import open_store

app = typer.Typer(help="The index that searches read.", no_args_is_help=True)


@app.command()
def rebuild() -> None:
    """Make the index anew from the stored listings; searches find what is in it by then.

    Stopped before its end, it is gone on with by the role `indexer`, or by the next run.
    """
    open_store()
    from mimawari.service.search.rebuild import rebuild as parts

    columns = (
        TextColumn("listing versions"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        for part in parts():
            progress.update(task, completed=part.documents, total=part.versions)
    typer.echo(f"{part.documents:,} listing versions are in the index.")


@app.command()
def status() -> None:
    """Say how complete the index is; exit code 1 where it is not."""
    open_store()
    from mimawari.service.search.state import freshness, waiting

    known, left = freshness(), waiting()
    typer.echo(
        f"{known.share:.0%} of the listing versions that were there when it was begun; "
        f"{left:,} events wait, the oldest for {known.behind_seconds:.1f} s."
    )
    if not known.whole:
        typer.echo("The role indexer brings it up to date: see 'mimawari ps'.", err=True)
        raise typer.Exit(1)
