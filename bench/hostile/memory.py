"""How much memory a process and its children hold while something is done to them."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType

import psutil

EVERY_SECONDS = 0.25


class Memory:
    """The largest resident memory seen in the block, of one process and of all together."""

    def __init__(self, pid: int) -> None:
        self.largest_process = 0
        self.largest_sum = 0
        self._parent = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Look no longer."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            sizes = []
            for process in (self._parent, *self._parent.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    sizes.append(process.memory_info().rss)
            self.largest_process = max(self.largest_process, *sizes)
            self.largest_sum = max(self.largest_sum, sum(sizes))
