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


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    access_log: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Serve the API, the console and a worker in one process."""
    import uvicorn

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    open_store()
    from mimawari.service.ops.commands import note_readings

    changed = note_readings(acting())
    if changed is not None:
        console.print(f"The readings changed: generation {changed} is in force.")
    console.print(f"Console http://{host}:{port}/   API http://{host}:{port}/api/docs")
    uvicorn.run(
        "mimawari.service.project.asgi:application",
        host=host,
        port=port,
        access_log=access_log,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )


def check() -> None:
    """Say what is wrong with the settings and the store, before anything starts."""
    from mimawari.service.ops.checks import problems

    found = problems()
    for problem in found:
        console.print(Text("problem", "red"), Text(str(problem)), soft_wrap=True)
    if found:
        sys.exit(1)
    console.print("[green]ok[/] settings, store, generation and models are in order")
