"""One role in one process: its loops in threads, its heartbeat, and its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from django.db import connection

from mimawari.service.platform.leases import HeldLease, Renewal
from mimawari.service.platform.signals import StopSignals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.platform.heartbeats import Heartbeat
    from mimawari.service.platform.work_loop import WorkLoop


def state_of(loops: Sequence[WorkLoop]) -> str:
    """Say what stands in the way of some loops."""
    problems = (loop.problem or loop.notice for loop in loops)
    return "; ".join(problem for problem in problems if problem)


def run_loops(heartbeat: Heartbeat, loops: Sequence[WorkLoop], alone: bool = False) -> None:
    """Run loops until the process is asked to end.

    Parameters
    ----------
    alone
        No second process of the role may run.

    Raises
    ------
    InvalidInputError
        It must run alone and another runs.
    """
    with StopSignals() as signals:
        beside: list[WorkLoop] = [heartbeat]
        if alone:
            lease = HeldLease(heartbeat.role)
            if not lease.take():
                raise lease.refused()
            beside.append(Renewal(lease, on_lost=signals.stop))
        connection.close()  # this thread only waits from here on
        threads = [
            threading.Thread(target=loop.run, name=type(loop).__name__, daemon=True)
            for loop in (*beside, *loops)
        ]
        for thread in threads:
            thread.start()
        signals.wait()
        for loop in (*loops, *beside):
            loop.stop()
        for thread in threads:
            thread.join()
