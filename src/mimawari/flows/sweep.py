"""Metaflow's files of runs that are over: it removes none by itself.

What artifacts hold is kept once by its hash for all runs of a flow, so it is removed once no run
that is left refers to it: mark, then sweep. Nothing may run meanwhile.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STORE, CARDS, META = ".metaflow", "mf.cards", "_meta"


def remove_run(root: Path, flow: str, run: str) -> None:
    """Remove a run's own files and its cards; does nothing where they are gone.

    Parameters
    ----------
    flow, run
        As Metaflow names them.
    """
    store = root / STORE
    for folder in (store / flow / run, store / CARDS / flow / "runs" / run):
        shutil.rmtree(folder, ignore_errors=True)


def sweep(root: Path, flow: str) -> int:
    """Remove what no run of a flow refers to any more; gives how many bytes."""
    store = root / STORE / flow
    marked = {
        key
        for path in store.glob("*/*/*/*.data.json")
        for key in json.loads(path.read_text("utf-8"))["objects"].values()
    }
    removed = 0
    for blob in store.glob("data/*/*"):
        if blob.name.removesuffix(META) not in marked:
            removed += blob.stat().st_size
            blob.unlink()
    return removed
