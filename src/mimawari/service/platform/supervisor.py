"""The parent of all roles: forks a child for each, and starts again what ends."""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.service.platform.signals import StopSignals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.process import BaseProcess

logger = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
STEADY_SECONDS = 60.0
"""A child that lived so long begins with the first pause again."""
GRACE_SECONDS = 25.0
PR_SET_PDEATHSIG = 1
FORKS = "fork" in multiprocessing.get_all_start_methods()


@dataclass
class Child:
    """The process of one role, over all its lives."""

    role: str
    process: BaseProcess | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


class Supervisor:
    """Runs a process a role until it is asked to end.

    It holds no thread and no connection: a fork would inherit them half-dead.

    Parameters
    ----------
    target
        What a child runs, given the role; importable by name, as it is spawned where the system
        cannot fork.
    """

    def __init__(
        self, roles: Sequence[str], target: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        self._context = multiprocessing.get_context("fork" if FORKS else "spawn")
        self._target, self._arguments = target, arguments
        self.children = [Child(role) for role in roles]

    def run(self) -> int:
        """Give the exit code: 0 where every child ended as asked."""
        gc.collect()
        gc.freeze()  # what was imported stays shared with the children
        with StopSignals() as signals:
            try:
                while not signals.asked:
                    self._start_due()
                    signals.wait(self._sentinels(), self._seconds_to_next())
                    self._collect()
            finally:
                code = self._end()
        return code

    def _start_due(self) -> None:
        for child in self.children:
            if child.process is None and child.due <= time.monotonic():
                child.process = self._context.Process(  # type: ignore[attr-defined]
                    target=_child,
                    args=(os.getpid(), self._target, child.role, *self._arguments),
                    name=child.role,
                )
                child.process.start()
                child.started = time.monotonic()

    def _sentinels(self) -> list[int]:
        return [child.process.sentinel for child in self.children if child.process]

    def _seconds_to_next(self) -> float | None:
        due = [child.due for child in self.children if child.process is None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _collect(self) -> None:
        """Note who has ended, and when it starts again."""
        for child in self.children:
            if child.process is None or child.process.is_alive():
                continue
            steady = time.monotonic() - child.started > STEADY_SECONDS
            child.failures = 0 if steady else child.failures
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(child.failures, 20))
            ended = child.process.exitcode
            logger.error("%s ended with %s; starts again in %s s", child.role, ended, pause)
            child.process.close()
            child.process = None
            child.failures += 1
            child.due = time.monotonic() + pause

    def _end(self) -> int:
        """Ask every child to end, and end those that do not."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + GRACE_SECONDS
        for process in running:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                logger.error("%s does not end; it is killed", process.name)
                process.kill()
                process.join()
        return next((1 for process in running if process.exitcode), 0)


def _child(parent: int, target: Callable[..., object], *arguments: object) -> None:
    """Become the child: without the parent's ways with signals, and ending when it ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent passes it on
    end_with_parent(parent)
    target(*arguments)


def end_with_parent(parent: int) -> None:
    """Have this process end when its parent does, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        return
    threading.Thread(target=_end_after_parent, name="parent", daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
