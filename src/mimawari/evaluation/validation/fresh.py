"""A model in a process that has nothing else: whether it loads, says the same, and is small."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.outside import for_child_process
from mimawari.listings.normalise import default_readings
from mimawari.records.measured import Figure

if TYPE_CHECKING:
    from pathlib import Path

MOST_SECONDS = 300.0
WITHOUT = "the model was trained before golden scores were kept: train it again"


class Fresh(msgspec.Struct, frozen=True):
    """What a fresh process found.

    Parameters
    ----------
    problem
        Why it does not load or score; empty where it does.
    off, allowed, listing, environment
        The greatest difference from the golden scores, what another environment explains, where
        it is, and what is otherwise; None without golden scores.
    milliseconds
        Of a core, a listing, in batches of 200.
    megabytes
        That the process grew by.
    """

    problem: str = ""
    off: float | None = None
    allowed: float = 0.0
    listing: str = ""
    environment: tuple[str, ...] = ()
    milliseconds: float = 0.0
    megabytes: float = 0.0


def try_fresh(folder: Path, version: str, most_seconds: float = MOST_SECONDS) -> Fresh:
    """Load a model in a process of its own and score with it there.

    A model that crashes, hangs or fills the memory does so there.
    """
    command = [sys.executable, "-m", "mimawari.evaluation.validation.process", str(folder), version]
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        ran = subprocess.run(  # noqa: S603  # our own module and a folder of the store
            command,
            input=msgspec.json.encode(default_readings()),
            capture_output=True,
            env={**os.environ, **alone, **for_child_process()},
            timeout=most_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Fresh(problem=f"it took more than {most_seconds:g} s to load and score 168 listings")
    lines = ran.stdout.splitlines()
    if ran.returncode or not lines:
        complaint = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        last = complaint[-1] if complaint else f"the process ended with {ran.returncode}"
        return Fresh(problem=f"a fresh process does not load it: {last[:300]}")
    return msgspec.json.decode(lines[-1], type=Fresh)


def figures_of(fresh: Fresh) -> tuple[list[Figure], dict[str, str]]:
    """Give the figures of a fresh process, and what is absent, with the reason."""
    if fresh.problem:
        broken = Figure(measure="golden_scores", value=1.0, statement=fresh.problem)
        return [broken], dict.fromkeys(("milliseconds", "megabytes"), fresh.problem)
    figures = [
        Figure(measure="milliseconds", value=fresh.milliseconds),
        Figure(measure="megabytes", value=fresh.megabytes),
    ]
    if fresh.off is None:
        return figures, {"golden_scores": WITHOUT}
    golden = Figure(
        measure="golden_scores",
        value=max(0.0, fresh.off - fresh.allowed),
        statement=_compared(fresh.off, fresh),
    )
    return [golden, *figures], {}


def _compared(off: float, fresh: Fresh) -> str:
    if not off:
        return "the same to the bit"
    otherwise = f"; otherwise here: {', '.join(fresh.environment)}" if fresh.environment else ""
    return f"off by {off:.1e} at {fresh.listing!r}, {fresh.allowed:g} is allowed{otherwise}"
