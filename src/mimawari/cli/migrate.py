"""`mimawari migrate`: the store's tables, in the two steps of a rollout."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    before: Annotated[
        bool, typer.Option("--before", help="Only what must come before a rollout.")
    ] = False,
    after: Annotated[bool, typer.Option("--after", help="Only what must come after it.")] = False,
) -> None:
    """Bring the store's tables up to date; by default in both steps, with everything stopped."""
    from mimawari.service.project.setup import setup

    setup()
    from mimawari.service.platform import migrating

    both = before == after
    done = migrating.migrate(before or both, after or both)
    for name in (*done.before, *done.after):
        typer.echo(name)
    left = migrating.pending()
    if left.after:
        typer.echo(f"After the rollout: mimawari migrate --after ({len(left.after)} to run).")
    elif not left.before:
        typer.echo("The store is up to date.")
