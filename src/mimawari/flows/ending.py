"""A process that ends when its parent does."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process killed when the thread that started it ends; does nothing but on Linux.

    A flow ends with the command that runs it, and its tasks end with the flow: two schedulers
    never work on a run.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
