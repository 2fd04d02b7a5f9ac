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


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[
        str, typer.Option(help="moderator reviews; engineer also sees trials; admin all.")
    ] = "moderator",
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from standard input.")
    ] = False,
    no_password: Annotated[bool, typer.Option(help="For API keys only: no log-in.")] = False,
) -> None:
    """Make an account."""
    password = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif not no_password:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    open_store()
    from mimawari.service.accounts import roles

    roles.add(name, password, role, acting())
    typer.echo(f"{name} is there as {role}.")


@app.command("role")
def change_role(
    name: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[str, typer.Argument(help="moderator, engineer or admin.")],
) -> None:
    """Give an account another role."""
    open_store()
    from mimawari.service.accounts import roles

    roles.change(name, role, acting())
    typer.echo(f"{name} is {role} from now on.")


@app.command("list")
def list_accounts() -> None:
    """List accounts with their roles."""
    open_store()
    from django.contrib.auth.models import User

    from mimawari.service.accounts.roles import role_of

    table = Table("name", "role", "logs in", "last log-in")
    for user in User.objects.order_by("username"):
        last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else ""
        able = user.is_active and user.has_usable_password()
        table.add_row(user.username, role_of(user), "yes" if able else "no", last)
    Console().print(table)
