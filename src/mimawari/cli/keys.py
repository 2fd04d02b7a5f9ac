"""`mimawari keys`: API keys of marketplaces."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store

app = typer.Typer(help="API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="listings:write, listings:check, listings:read, reviews:write, "
            "escalations:write, actions:read, actions:write, trials:read, trials:write, "
            "quality:read, alarms:write, events:read or webhooks:write; "
            "repeat the option for several."
        ),
    ],
    moderator: Annotated[str, typer.Option(help="Who decides with it (reviews:write).")] = "",
    topic: Annotated[
        list[str] | None, typer.Option(help="The only one; repeat the option for several.")
    ] = None,
    by: By = None,
) -> None:
    """Make a key and show it once."""
    open_store()
    from mimawari.service.accounts import keys

    typer.echo(keys.create(name, scope, acting(by), moderator, topic or []))


@app.command("list")
def list_keys() -> None:
    """List keys; secrets are not kept, so none can be shown."""
    open_store()
    from mimawari.service.accounts.models import ApiKey

    table = Table("prefix", "name", "scopes", "topics", "moderator", "created", "revoked")
    for key in ApiKey.objects.select_related("moderator").order_by("created_at"):
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
        decides = key.moderator.get_username() if key.moderator else ""
        made = f"{key.created_at:%Y-%m-%d %H:%M}"
        topics = " ".join(key.topics) or "all"
        scopes = " ".join(key.scopes)
        table.add_row(key.prefix, key.name, scopes, topics, decides, made, revoked)
    Console().print(table)


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="The part after mmw_.")], by: By = None
) -> None:
    """End a key's validity."""
    open_store()
    from mimawari.service.accounts import keys

    if not keys.revoke(prefix, acting(by)):
        typer.echo(f"prefix: {prefix!r} is no valid key; see 'mimawari keys list'", err=True)
        raise typer.Exit(1)
    typer.echo(f"{prefix} is revoked.")
