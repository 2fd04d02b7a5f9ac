"""`mimawari serve` and `mimawari check`."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mimawari.cli.store import acting, open_store

console = Console()
Host = Annotated[str, typer.Option(help="Address that the edge listens on.")]
Port = Annotated[int, typer.Option(help="Port that the edge listens on.", min=1, max=65535)]
AccessLog = Annotated[bool, typer.Option(help="Log every request.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000, access_log: AccessLog = False) -> None:
    """Serve the API and the console, and run every other role, each in a process of its own."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    open_store()
    from mimawari.service.project import processes
    from mimawari.service.releases.activating import note_readings

    changed = note_readings(acting())
    if changed is not None:
        console.print(f"The readings changed: generation {changed} is in force.")
    console.print(f"Console http://{host}:{port}/   API http://{host}:{port}/api/docs")
    sys.stdout.flush()  # or every child writes it again
    sys.exit(processes.serve(processes.Listening(host, port, access_log)))


def check() -> None:
    """Say what is wrong with settings, store and the newest events; audit verify reads them all."""
    from mimawari.service.project.checks import problems, warnings

    wrong = problems()
    for problem in wrong:
        console.print(Text("problem", "red"), Text(str(problem)), soft_wrap=True)
    if wrong:
        sys.exit(1)
    for warning in warnings():
        console.print(Text("warning", "yellow"), Text(str(warning)), soft_wrap=True)
    console.print("[green]ok[/] settings, store, generation and models are in order")
