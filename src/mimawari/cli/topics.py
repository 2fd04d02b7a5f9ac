"""`mimawari topics`: the policies in force."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import acting, open_store

app = typer.Typer(help="Topics in force.", no_args_is_help=True)


@app.command("install-starter")
def install_starter(
    only: Annotated[list[str] | None, typer.Option(help="Topics to take; all by default.")] = None,
) -> None:
    """Put the starter pack's topic files in force."""
    open_store()
    from mimawari.detectors.packs import starter
    from mimawari.errors import FieldProblem, InvalidInputError
    from mimawari.service.releases.activating import activate_topic_files

    paths = {path.stem: path for path in starter()}
    unknown = sorted(set(only or ()) - set(paths))
    if unknown:
        raise InvalidInputError(
            FieldProblem("only", f"{', '.join(unknown)} is unknown", f"use {', '.join(paths)}")
        )
    chosen = [path for topic, path in paths.items() if not only or topic in only]
    typer.echo(
        f"Compiling the rules of {len(chosen)} topics and trying their examples: half a minute.",
        err=True,
    )
    with Console(stderr=True).status("Compiling"):
        number = activate_topic_files(chosen, acting(), "starter pack")
    typer.echo(f"{len(chosen)} topics are in force as generation {number}.")


@app.command("list")
def list_topics() -> None:
    """List the topics in force with capacity, versions and models."""
    open_store()
    from mimawari.service.releases import generations

    newest = generations.current()
    if newest is None:
        typer.echo("No topic is in force: mimawari topics install-starter", err=True)
        raise typer.Exit(1)
    table = Table("topic", "capacity a day", "topic file", "model", title=str(newest))
    for topic, entry in sorted(newest.manifest.topics.items()):
        row = (str(entry.capacity), f"v{entry.topic_file}", entry.champion or "rules")
        table.add_row(topic, *row)
    Console().print(table)
