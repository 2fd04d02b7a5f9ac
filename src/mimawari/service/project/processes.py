"""Runs roles: one in this process, or all as children of it."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.db import connections

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.running import run_loops, state_of
from mimawari.service.platform.signals import StopSignals
from mimawari.service.platform.supervisor import Supervisor
from mimawari.service.project import roles
from mimawari.service.project.logs import log_as
from mimawari.service.releases.follower import SuiteFollower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.platform.work_loop import WorkLoop

BACKLOG = 2_048
# A request changes threads several times, each time after the thread that loads a generation.
SWITCH_SECONDS = 0.0005
# What children need: imported by the parent, once for all.
IMPORTED = (
    "mimawari.service.api.app",
    "mimawari.service.media.picture_fetcher",
    "mimawari.service.delivery.relay",
    "mimawari.service.search.indexer",
    "mimawari.service.trials.runner",
    "mimawari.service.admission.admitter",
    "mimawari.service.audit.sealer",
    "mimawari.service.scoring.scorer",
    "mimawari.service.project.urls",
    "uvicorn",
)


class Listening(msgspec.Struct, frozen=True):
    """Where and how the edge listens."""

    host: str = "127.0.0.1"
    port: int = 8000
    access_log: bool = False


def run_role(name: str, listening: Listening, listener: socket.socket | None = None) -> None:
    """Run a role until the process is asked to end.

    Raises
    ------
    InvalidInputError
        There is no such role, or it runs elsewhere and may not run twice.
    """
    log_as(name)
    role = roles.role_of(name)
    if role.loops is None:
        _run_edge(listening, listener or listen(listening))
        return
    loops = role.loops()
    run_loops(heartbeat_of(name, loops), loops, role.alone)


def heartbeat_of(name: str, loops: Sequence[WorkLoop]) -> Heartbeat:
    """Make the heartbeat of a role, which tells of a new generation at once."""
    follower = next((loop for loop in loops if isinstance(loop, SuiteFollower)), None)
    heartbeat = Heartbeat(
        name, lambda: follower.number if follower else None, lambda: state_of(loops)
    )
    if follower is not None:
        follower.on_change = heartbeat.wake.set
    return heartbeat


def serve(listening: Listening) -> int:
    """Run every role that is needed as a child; gives the exit code."""
    listener = listen(listening)
    _share_metrics()
    for module in IMPORTED:
        importlib.import_module(module)
    connections.close_all()
    return Supervisor(roles.needed(), _child, (listening, listener)).run()


def _child(name: str, listening: Listening, listener: socket.socket) -> None:
    from mimawari.service.project.setup import setup

    setup()  # where children are spawned
    if name != roles.EDGE:
        listener.close()
    try:
        run_role(name, listening, listener)
    except InvalidInputError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400  # it says all
        raise SystemExit(1) from None


def listen(listening: Listening) -> socket.socket:
    """Bind the edge's socket: connections wait in it while the edge starts again.

    Raises
    ------
    InvalidInputError
        Another program listens there, or the address is none of this host's.
    """
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        return socket.create_server(
            (listening.host, listening.port), family=family, backlog=BACKLOG
        )
    except OSError as error:
        remedy = "stop what listens there, or choose another --host or --port"
        problem = f"{listening.host}:{listening.port}: {error.strerror or error}"
        raise InvalidInputError(FieldProblem("address", problem, remedy)) from error


def _run_edge(listening: Listening, listener: socket.socket) -> None:
    import uvicorn

    from mimawari.service.project import connections as http

    wanted: int = settings.CONFIG.http_connections
    http.BoundedProtocol.most = http.most_connections(wanted, http.raise_descriptors())
    config = uvicorn.Config(
        "mimawari.service.project.asgi:application",
        access_log=listening.access_log,
        log_level="warning",
        http=http.BoundedProtocol,
        ws="none",
        server_header=False,
        proxy_headers=False,
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    with StopSignals():  # uvicorn ends by them, and raises them again
        uvicorn.Server(config).run(sockets=[listener])


def _share_metrics() -> None:
    """Let the edge tell the metrics of every role; before the first of them is made."""
    name = "PROMETHEUS_MULTIPROC_DIR"
    if name not in os.environ:
        folder = Path(settings.CONFIG.state_dir) / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.environ[name] = str(folder)
