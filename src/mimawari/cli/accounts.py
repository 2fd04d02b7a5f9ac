"""`mimawari accounts`: moderators, engineers and administrators."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import acting, open_store

app = typer.Typer(
    help="Accounts of moderators, engineers and administrators.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Login name.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
FromInput = Annotated[bool, typer.Option(help="Read the password from standard input.")]


def asked_password(password_stdin: bool) -> str:
    """Take a password from standard input, or ask for it twice without showing it."""
    if password_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@app.command()
def add(
    name: Name,
    role: Annotated[
        str, typer.Option(help="moderator reviews; engineer also sees trials; admin all.")
    ] = "moderator",
    password_stdin: FromInput = False,
    no_password: Annotated[bool, typer.Option(help="For API keys only: no log-in.")] = False,
) -> None:
    """Make an account."""
    # A password that is given counts, whatever else was said.
    password = asked_password(password_stdin) if password_stdin or not no_password else None
    open_store()
    from mimawari.service.accounts import roles

    roles.add(name, password, role, acting())
    typer.echo(f"{name} is there as {role}.")


@app.command("role")
def change_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="moderator, engineer or admin.")],
) -> None:
    """Give an account another role."""
    open_store()
    from mimawari.service.accounts import roles

    roles.change(name, role, acting())
    typer.echo(f"{name} is {role} from now on.")


@app.command()
def disable(name: Name, reason: Reason) -> None:
    """End an account's log-in, sessions and API keys, until it is enabled."""
    open_store()
    from mimawari.service.accounts import standing

    ended = standing.disable(name, acting(), reason)
    typer.echo(f"{name} is disabled; sessions ended: {ended}.")


@app.command()
def enable(name: Name, reason: Reason) -> None:
    """Let a disabled account log in again, and its API keys count."""
    open_store()
    from mimawari.service.accounts import standing

    standing.enable(name, acting(), reason)
    typer.echo(f"{name} is enabled.")


@app.command()
def password(name: Name, password_stdin: FromInput = False) -> None:
    """Give an account another password, and end its sessions."""
    open_store()
    from mimawari.service.accounts import roles, standing

    roles.find(name)  # before anybody types a password
    ended = standing.change_password(name, asked_password(password_stdin), acting())
    typer.echo(f"{name} has another password; sessions ended: {ended}.")


@app.command("list")
def list_accounts() -> None:
    """List accounts with their roles, and whether they log in or are disabled."""
    open_store()
    from django.contrib.auth.models import User

    from mimawari.service.accounts.roles import role_of

    table = Table("name", "role", "logs in", "last log-in")
    for user in User.objects.order_by("username"):
        last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else ""
        able = "yes" if user.has_usable_password() else "no"
        table.add_row(user.username, role_of(user), able if user.is_active else "disabled", last)
    Console().print(table)
