"""`mimawari ps`: which role processes run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import open_store

if TYPE_CHECKING:
    from mimawari.service.platform.presence import Presence


def ps() -> None:
    """Show every role process; exit code 1 where a role that is needed is missing."""
    open_store()
    from mimawari.service.platform import presence
    from mimawari.service.project import roles

    table = Table("role", "host", "pid", "up since", "last heartbeat", "generation", "lag", "state")
    present = presence.processes()
    lags = {role.name: str(role.lag()) for role in roles.ROLES.values() if role.lag}
    for process in present:
        table.add_row(*_row(process, lags.get(process.role, "")))
    missing = presence.missing(roles.needed(), present)
    for name in missing:
        table.add_row(name, "", "", "", "", "", lags.get(name, ""), "missing")
    Console().print(table)
    if missing:
        typer.echo(f"Missing: {', '.join(missing)}. Start with 'mimawari run ROLE'.", err=True)
        raise typer.Exit(1)


def _row(process: Presence, lag: str) -> tuple[str, ...]:
    return (
        process.role,
        process.host,
        str(process.pid),
        f"{process.started_at:%Y-%m-%d %H:%M:%S}",
        f"{process.seconds:.0f} s ago",
        "" if process.generation is None else str(process.generation),
        lag,
        "lost" if process.lost else process.state or "running",
    )
