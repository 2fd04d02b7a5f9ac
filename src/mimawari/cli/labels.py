"""`mimawari labels`: moderators' decisions as training data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mimawari.cli.options import By
from mimawari.cli.store import open_store_for

app = typer.Typer(help="Labels.", no_args_is_help=True)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file.")],
    by: By = None,
) -> None:
    """Write every labelled listing with columns label:TOPIC and weight:TOPIC a topic."""
    open_store_for("exports:read", by)
    from mimawari.listings.writers import write_labelled
    from mimawari.service.review import labels

    count = write_labelled(output, labels.export())
    typer.echo(f"{count} labelled listings in {output}.", file=sys.stderr)
