"""`mimawari ledger`: who changed what, and whether the record is whole."""

from __future__ import annotations

import json

import typer

from mimawari.cli.store import open_store

app = typer.Typer(help="The append-only ledger.", no_args_is_help=True)


@app.command()
def verify() -> None:
    """Check the chain of hashes from the first entry to the last."""
    open_store()
    from mimawari.service.ops import ledger

    count, broken = ledger.verify()
    if broken is not None:
        typer.echo(f"ledger: entry {broken} does not fit the chain; restore a back-up", err=True)
        raise typer.Exit(1)
    typer.echo(f"{count} entries, unbroken.")


@app.command()
def export() -> None:
    """Write every entry as a line of JSON to standard output."""
    open_store()
    from mimawari.service.ops import ledger

    for entry in ledger.export():
        typer.echo(json.dumps(entry, ensure_ascii=False))
