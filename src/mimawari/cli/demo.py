"""`mimawari demo`: the main job on a bundled sample of real listings, from intake to console."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console()


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the report.")] = False,
    folder: Annotated[Path, typer.Option(help="Emptied at the start.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one.")] = 0,
) -> None:
    """Train on real listings, stream the rest through the intake, open the console."""
    began = time.monotonic()
    fresh_state(folder)
    from mimawari.cli import demo_steps as steps
    from mimawari.cli.demo_shadow import add_shadow, measure_shadow
    from mimawari.cli.demo_webhook import Marketplace, receiving

    topics = steps.prepare(folder)
    shadow = add_shadow(folder / "models" / "shadow", steps.DEMO)
    password = steps.make_admin()
    marketplace = Marketplace(lambda line: console.print(line, highlight=False))
    with receiving(marketplace) as address, server(folder, port or free_port()) as url:
        marketplace.secret = steps.add_webhook(address)
        streamed = steps.stream(url)
        report = steps.report(streamed, topics)
        steps.write_page(report, folder / "report.html")
        console.print(steps.table(report))
        console.print(f"The same with plots: {folder / 'report.html'}", highlight=False)
        console.print(marketplace.summary(), highlight=False)
        console.print(measure_shadow(shadow, steps.DEMO), highlight=False)
        console.print(f"All of it took {time.monotonic() - began:.0f} s.\n", highlight=False)
        if not once:
            console.print("[bold]The console is open, with alerts waiting:[/]")
            console.print(f"  {url}/\n  name      demo\n  password  {password}", highlight=False)
            console.print("It is valid for this demo only. Stop with Ctrl-C.")
            console.print(f"Models, their lineage and stages: {url}/models", highlight=False)
            console.print("Decide there, and the marketplace's end shows what it is sent:")
            wait()


def fresh_state(folder: Path) -> None:
    """Empty the demo's folder and point the settings at it; nothing else is touched.

    A folder that holds anything but an earlier demo is refused.
    """
    marker = folder / "made-by-mimawari-demo"
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise typer.BadParameter(f"{folder} holds other files; give an empty folder (--folder)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()
    os.environ["MIMAWARI_STATE_DIR"] = str(folder)
    os.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{folder / 'demo.db'}"
    os.environ.pop("MIMAWARI_CONFIG", None)
    os.environ["MIMAWARI_WEBHOOK_PRIVATE_HOSTS"] = "127.0.0.1"
    # Explored items hide their topic's scores, which the demo is there to show.
    os.environ["MIMAWARI_EXPLORATION_SHARE"] = "0"


def free_port() -> int:
    """Give a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, port: int) -> Iterator[str]:
    """Run `mimawari serve` as a process of its own for the time of the block."""
    for ending in (signal.SIGTERM, signal.SIGHUP):  # so that the server ends with the demo
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mimawari", "serve", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603  # ours
        try:
            wait_until_up(process, url, folder / "server.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait for the server's first healthy answer; its log is the error if it dies."""
    import httpx

    while process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    console.print(log.read_text("utf-8", "replace"))
    raise typer.Exit(1)


def wait() -> None:
    """Stay until interrupted."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopped.")
