"""`mimawari models`: which model serves which topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import acting, open_store

app = typer.Typer(help="Models.", no_args_is_help=True)


@app.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[str | None, typer.Option(help="Who; the system's user by default.")] = None,
) -> None:
    """Verify a model and let it score its topic from now on."""
    open_store()
    from mimawari.service.ops.commands import activate_model

    number = activate_model(folder, by or acting(), reason)
    typer.echo(f"{folder.name} is in force as generation {number}.")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    by: Annotated[str | None, typer.Option(help="Who; the system's user by default.")] = None,
) -> None:
    """Verify a model and register it as a candidate; it scores nothing yet."""
    open_store()
    from mimawari.service.ops.commands import register_model

    version = register_model(folder, by or acting())
    typer.echo(f"{version} is registered. Compare it: mimawari backtest start {version}")


@app.command("list")
def list_models() -> None:
    """List registered models, and the generation's choice for each topic."""
    open_store()
    from mimawari.service.ops import generations
    from mimawari.service.ops.models import ModelVersion

    newest = generations.current()
    serving = {e.champion for e in newest.manifest.topics.values()} if newest else set()
    table = Table("model", "topic", "registered", "by", "serves")
    for model in ModelVersion.objects.order_by("created_at"):
        serves = "yes" if model.id in serving else ""
        table.add_row(
            model.id, model.topic, f"{model.created_at:%Y-%m-%d %H:%M}", model.actor, serves
        )
    Console().print(table)
