"""Whether a process has ended, as far as this host can see."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def here() -> str:
    """Name this host."""
    return socket.gethostname()


def has_ended(host: str, pid: int) -> bool:
    """Whether a process is known to have ended; of another host's nothing is known.

    Examples
    --------
    >>> has_ended(here(), os.getpid()), has_ended("elsewhere", 1)
    (False, False)
    """
    if host != here():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    try:  # one that has ended stays listed until its parent asks for it
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"
