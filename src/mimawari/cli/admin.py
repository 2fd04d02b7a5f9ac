"""`mimawari createadmin`: the first account; there is no default password."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mimawari.cli.store import open_store
from mimawari.errors import FieldProblem, InvalidInputError


def createadmin(
    name: Annotated[str, typer.Argument(help="Login name.")],
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from standard input.")
    ] = False,
) -> None:
    """Create an administrator."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    open_store()
    create_admin(name, password)
    typer.echo(f"{name} may log in now.")


def create_admin(name: str, password: str) -> None:
    """Create an administrator after checking name and password.

    Raises
    ------
    InvalidInputError
        Where the name is taken or the password too weak.
    """
    from django.contrib.auth import get_user_model
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    users = get_user_model()
    if users.objects.filter(username=name).exists():
        raise InvalidInputError(FieldProblem("name", f"{name!r} is taken", "choose another"))
    try:
        validate_password(password, users(username=name))
    except ValidationError as error:
        raise InvalidInputError(
            FieldProblem("password", " ".join(error.messages), "choose a longer one")
        ) from error
    users.objects.create_superuser(username=name, password=password)
