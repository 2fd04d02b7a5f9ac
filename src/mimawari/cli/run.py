"""`mimawari run`: one role in this process."""

from __future__ import annotations

from typing import Annotated

import typer

from mimawari.cli.serve import AccessLog, Host, Port
from mimawari.cli.store import open_store


def run(
    role: Annotated[
        str, typer.Argument(help="edge, scorer, admitter, media, relay, indexer, trials or keeper.")
    ],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    access_log: AccessLog = False,
) -> None:
    """Run one role until it is told to end."""
    open_store()
    from mimawari.service.project import processes

    processes.run_role(role, processes.Listening(host, port, access_log))
