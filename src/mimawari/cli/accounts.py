"""`mimawari accounts`: who may log in, as what, and for which topics."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store

app = typer.Typer(help="Accounts, their roles and their topics.", no_args_is_help=True)
ROLES = "moderator, lead, policy_editor, ml_engineer, auditor or admin; see docs/permissions.md."
Name = Annotated[str, typer.Argument(help="Login name.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
Topics = Annotated[
    list[str] | None, typer.Option("--topic", help="The only one; repeat the option for several.")
]
FromInput = Annotated[bool, typer.Option(help="Read the password from standard input.")]


def asked_password(password_stdin: bool) -> str:
    """Take a password from standard input, or ask for it twice without showing it."""
    if password_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=ROLES)] = "moderator",
    topic: Topics = None,
    password_stdin: FromInput = False,
    no_password: Annotated[bool, typer.Option(help="For API keys only: no log-in.")] = False,
    by: By = None,
) -> None:
    """Make an account."""
    # A password that is given counts, whatever else was said.
    password = asked_password(password_stdin) if password_stdin or not no_password else None
    open_store()
    from mimawari.service.accounts import roles

    roles.add(name, password, role, acting(by), topic or [])
    typer.echo(f"{name} is there as {role}{_only(topic)}.")


@app.command("role")
def change_role(
    name: Name,
    role: Annotated[str, typer.Argument(help=ROLES)],
    by: By = None,
) -> None:
    """Give an account another role."""
    open_store()
    from mimawari.service.accounts import roles

    roles.change(name, role, acting(by))
    typer.echo(f"{name} is {role} from now on.")


@app.command("topics")
def change_topics(name: Name, topic: Topics = None, by: By = None) -> None:
    """Let an account have to do with some topics only; without --topic, with all."""
    open_store()
    from mimawari.service.accounts import roles

    roles.restrict(name, topic or [], acting(by))
    typer.echo(f"{name} has to do with {', '.join(topic) if topic else 'all topics'}.")


def _only(topics: list[str] | None) -> str:
    return f", for {', '.join(topics)} only" if topics else ""


@app.command()
def disable(name: Name, reason: Reason, by: By = None) -> None:
    """End an account's log-in, sessions and API keys, until it is enabled."""
    open_store()
    from mimawari.service.accounts import account_state

    ended = account_state.disable(name, acting(by), reason)
    typer.echo(f"{name} is disabled; sessions ended: {ended}.")


@app.command()
def enable(name: Name, reason: Reason, by: By = None) -> None:
    """Let a disabled account log in again, and its API keys count."""
    open_store()
    from mimawari.service.accounts import account_state

    account_state.enable(name, acting(by), reason)
    typer.echo(f"{name} is enabled.")


@app.command()
def password(name: Name, password_stdin: FromInput = False, by: By = None) -> None:
    """Give an account another password, and end its sessions."""
    open_store()
    from mimawari.service.accounts import account_state, roles

    roles.find(name)  # before anybody types a password
    actor = acting(by)
    ended = account_state.change_password(name, asked_password(password_stdin), actor)
    typer.echo(f"{name} has another password; sessions ended: {ended}.")


@app.command("reset-second-factor")
def reset_second_factor(name: Name, reason: Reason, by: By = None) -> None:
    """Remove the second factors of an account that lost them, and end its sessions."""
    open_store()
    from mimawari.service.accounts import second_factor

    removed = second_factor.reset(name, acting(by), reason)
    typer.echo(f"{name} has no second factor any more (had {', '.join(removed)}).")


@app.command("sign-out")
def sign_out(name: Name, reason: Reason, by: By = None) -> None:
    """End all sessions of an account; it may sign in again."""
    open_store()
    from mimawari.service.accounts import open_sessions, roles
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission

    actor = acting(by)
    require(actor, Permission.ACCOUNTS)
    ended = open_sessions.end_everywhere(roles.find(name), actor, reason)
    typer.echo(f"{name} is signed out; sessions ended: {ended}.")


@app.command()
def link(
    name: Name,
    subject: Annotated[str, typer.Argument(help="The claim 'sub' of the identity provider.")],
    by: By = None,
) -> None:
    """Let somebody of the identity provider sign in to an account that was made here."""
    open_store()
    from mimawari.service.accounts import provider_accounts

    provider_accounts.link(name, subject, acting(by))
    typer.echo(f"{name} is {subject} at the identity provider.")


@app.command("list")
def list_accounts() -> None:
    """List accounts with their roles, what the API calls them, and whether they log in."""
    open_store()
    from django.contrib.auth.models import User

    from mimawari.service.accounts.event_kinds import account_details
    from mimawari.service.accounts.second_factor import accounts_with_factors

    columns = ("name", "in the API", "role", "topics", "logs in", "second factor", "last log-in")
    table, with_factor = Table(*columns), accounts_with_factors()
    users = User.objects.prefetch_related("groups", "restricted_to")
    for user in users.order_by("username"):
        details = account_details(user)
        topics = " ".join(details.topics) or "all"
        last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else ""
        able = "yes" if user.has_usable_password() else "no"
        state = able if user.is_active else "disabled"
        factor = "yes" if user.pk in with_factor else ""
        number = f"moderator-{user.pk}"
        table.add_row(user.username, number, details.role, topics, state, factor, last)
    Console().print(table)
