"""`mimawari models`: which model serves which topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import acting, open_store
from mimawari.records.deployment import Deployment, Slot

app = typer.Typer(help="Models.", no_args_is_help=True)


@app.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Verify a model and let it score its topic from now on."""
    open_store()
    from mimawari.service.releases.activating import activate_model

    number = activate_model(folder, acting(by), reason)
    typer.echo(f"{folder.name} is in force as generation {number}.")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Verify a model and register it as a candidate; it scores nothing yet."""
    open_store()
    from mimawari.service.releases.activating import register_model

    version = register_model(folder, acting(by))
    typer.echo(f"{version} is registered. Compare it: mimawari backtest start {version}")


@app.command()
def deploy(
    version: Annotated[str, typer.Argument(help="A registered model.")],
    slot: Annotated[Slot, typer.Option(help="canary or shadow.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    share: Annotated[float, typer.Option(help="Of a canary: part of the sellers.")] = 0.05,
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Score a registered model beside its topic's champion, in the same pass."""
    open_store()
    from mimawari.service.releases.deploying import deploy as deploy_model

    number = deploy_model(version, slot, acting(by), reason, share)
    typer.echo(f"{version} is a {slot} as generation {number}.")


@app.command()
def undeploy(
    version: Annotated[str, typer.Argument(help="A model beside a champion.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Take a canary or shadow away; what it scored stays."""
    open_store()
    from mimawari.service.releases.deploying import undeploy as undeploy_model

    number = undeploy_model(version, acting(by), reason)
    typer.echo(f"{version} is withdrawn as generation {number}.")


@app.command("list")
def list_models() -> None:
    """List registered models, and the slot that each has in the generation in force."""
    open_store()
    from mimawari.service.catalogue.models import ModelVersion
    from mimawari.service.releases import generations

    newest = generations.current()
    slots = {d.model: slot_text(d) for _, d in newest.manifest.columns} if newest else {}
    table = Table("model", "topic", "registered", "by", "slot")
    for model in ModelVersion.objects.order_by("created_at"):
        registered = f"{model.created_at:%Y-%m-%d %H:%M}"
        table.add_row(model.id, model.topic, registered, model.actor, slots.get(model.id, ""))
    Console().print(table)


def slot_text(deployment: Deployment) -> str:
    """Name a slot; of a canary, with its share of the sellers.

    Examples
    --------
    >>> slot_text(Deployment(model="weapons-1", slot=Slot.CANARY, share=0.05))
    'canary 5%'
    """
    share = f" {deployment.share:.0%}" if deployment.slot == Slot.CANARY else ""
    return f"{deployment.slot}{share}"
