"""SIGTERM and SIGINT as something to wait for."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Says whether the process was asked to end, and wakes whoever waits for it.

    A handler that sets a lock could meet that lock in the thread it interrupts: it writes to a
    pipe instead. For the main thread.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        """Take the signals over."""
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._before = {number: signal.signal(number, self._note) for number in ENDING}
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask this process to end; any thread may."""
        self.asked = True
        os.write(self._write, b".")

    def wait(self, others: Sequence[int] = (), seconds: float | None = None) -> None:
        """Wait until it is asked to end, one of other descriptors is ready, or the time is over."""
        if not self.asked:
            wait([self._read, *others], seconds)
