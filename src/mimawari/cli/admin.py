"""`mimawari createadmin`: the first account; there is no default password."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mimawari.cli.store import acting, open_store


def createadmin(
    name: Annotated[str, typer.Argument(help="Login name.")],
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from standard input.")
    ] = False,
) -> None:
    """Create an administrator; more accounts come from `mimawari accounts add`."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    open_store()
    from mimawari.service.accounts import roles
    from mimawari.service.accounts.permissions import Role

    roles.add(name, password, Role.ADMIN, acting())
    typer.echo(f"{name} may log in now.")
