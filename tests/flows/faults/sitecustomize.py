"""Ends a flow at one point, once: for tests, which put this folder on the path of the child.

MIMAWARI_FAULT is ``STEP`` or ``STEP:FILE``: when a task of the step begins, or is about to put a
file of that name in its place, the whole process group is killed. MIMAWARI_FAULT_ONCE names a file
that is made then, so that it happens once; without it, only the process itself ends, each time.
"""

import os
import signal
import sys
from pathlib import Path

FAULT, ONCE = os.environ.get("MIMAWARI_FAULT", ""), os.environ.get("MIMAWARI_FAULT_ONCE")
STEP, _, FILE = FAULT.partition(":")


def strike() -> None:
    if ONCE is None:
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        Path(ONCE).touch(exist_ok=False)
    except FileExistsError:
        return
    os.killpg(0, signal.SIGKILL)


def renamed(event: str, arguments: tuple[object, ...]) -> None:
    if event == "os.rename" and str(arguments[1]).endswith(FILE):
        strike()


given = sys.orig_argv
is_task = "step" in given and given[given.index("step") + 1] == STEP
if STEP and is_task:
    if FILE:
        sys.addaudithook(renamed)
    else:
        strike()
