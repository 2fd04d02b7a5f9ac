"""`mimawari actions`: what is to be done about listings and sellers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store, open_store_for

if TYPE_CHECKING:
    from mimawari.records.action import Action

app = typer.Typer(help="Actions about listings and sellers, and strikes.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The action's number, as 'list' shows it.")]
Reason = Annotated[str, typer.Option(help="Why; the ledger keeps it.")]


@app.command("list")
def list_actions(
    listing: Annotated[str, typer.Option(help="Of this listing only.")] = "",
    seller: Annotated[str, typer.Option(help="Of this seller's listings only.")] = "",
    topic: Annotated[str, typer.Option(help="Of this topic only.")] = "",
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Those only that wait to be taken.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest.")] = 50,
    by: By = None,
) -> None:
    """Show actions, newest first."""
    open_store_for("actions:read", by)
    from mimawari.service.accounts.authority import authority_of
    from mimawari.service.actions.reading import actions_of

    taken = actions_of(
        listing=listing,
        seller=seller,
        topic=topic,
        topics=authority_of(acting(by)).topics,
        stage="proposed" if proposed else "",
        most=limit,
    )
    table = Table("action", "at", "listing", "topic", "what", "clauses", "by", "then")
    for action in taken:
        table.add_row(
            str(action.id),
            f"{action.at:%Y-%m-%d %H:%M}",
            f"{action.listing} v{action.version}",
            action.topic,
            what(action),
            ", ".join(action.clauses),
            str(action.principal),
            action.standing,
        )
    Console().print(table if taken else "There are no such actions.")


def what(action: Action) -> str:
    """Say what an action is, in a few words."""
    words = [action.kind.value.replace("_", " ")]
    if action.lifts is not None:
        words = ["lift", str(action.lifts)]
    if action.reverses is not None:
        words = [f"takes back {action.reverses}:", *words]
    notes = [action.origin.value] if action.origin != "automatic" else []
    notes += ["dry run"] if action.dry_run else []
    return " ".join(words) + (f" ({', '.join(notes)})" if notes else "")


@app.command("lift")
def lift_action(number: Number, reason: Reason, by: By = None) -> None:
    """Take an action or a proposal back; its opposite is sent where it was sent."""
    open_store()
    from mimawari.service.actions.lifting import lift

    done = lift(number, acting(by), reason)
    typer.echo(f"Action {number} is taken back by {done.pk}; then: {done.standing}.")


@app.command("take")
def take_action(number: Number, reason: Reason, by: By = None) -> None:
    """Take a proposal: it is in force from now on, or lifts what it proposes to lift."""
    open_store()
    from mimawari.service.actions.lifting import take

    done = take(number, acting(by), reason)
    typer.echo(f"Proposal {number} is in force as {done.pk}; then: {done.standing}.")


@app.command("strikes")
def show_strikes(
    seller: Annotated[str, typer.Argument(help="As listings name it (seller_id).")], by: By = None
) -> None:
    """Show the strikes that count against a seller now."""
    open_store_for("actions:read", by)
    from mimawari.service.actions import strikes
    from mimawari.service.actions.outcome import restrictions_of
    from mimawari.service.platform import clock

    now = clock.database_now()
    table = Table("strike", "listing", "topic", "severity", "weight", "until")
    struck = strikes.listed(seller, now)
    for strike in struck:
        weight = f"{strike.weight}{' (dry run)' if strike.dry_run else ''}"
        until = f"{strike.expires_at:%Y-%m-%d}"
        table.add_row(str(strike.id), strike.listing, strike.topic, strike.severity, weight, until)
    if struck:
        Console().print(table)
    state = "restricted" if restrictions_of(seller) else "not restricted"
    typer.echo(f"{strikes.total_of(seller, now)} in all; the seller is {state}.")
