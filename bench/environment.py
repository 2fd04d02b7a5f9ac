"""What a bench ran on, and where its result goes."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "numba", "lightgbm", "scikit-learn", "hyperscan", "django")


def cpu() -> str:
    """Name the processor."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        told = []
    names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def ran_on() -> dict[str, Any]:
    """Describe machine and versions: nothing that names a host or a path."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def aim(measure: str, aimed: float, measured: float, at_most: bool = False) -> dict[str, Any]:
    """State what was aimed at and whether it was met; at least, unless told at most."""
    met = measured <= aimed if at_most else measured >= aimed
    told = f"{measure}, at {'most' if at_most else 'least'}"
    return {"measure": told, "aim": aimed, "measured": rounded(measured), "met": bool(met)}


def rounded(value: float) -> float:
    """Keep four figures.

    Examples
    --------
    >>> rounded(123456.0), rounded(0.00123456)
    (123500.0, 0.001235)
    """
    return float(f"{value:.4g}")


def write(name: str, result: dict[str, Any]) -> None:
    """Keep a result as bench/results/NAME.json."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, "utf-8")


def result(aims: list[dict[str, Any]], figures: dict[str, Any]) -> dict[str, Any]:
    """Put a result together."""
    return {"ran_on": ran_on(), "aims": aims, "figures": figures}


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Give the shortest of some runs: what disturbs a run only makes it longer."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def in_turns(
    works: Mapping[str, Callable[[Item], object]], items: Sequence[Item], repeats: int
) -> dict[str, float]:
    """Give seconds of a core for some works over the same items, each at its shortest.

    They take turns, so that what disturbs the machine for a while disturbs all alike; time in
    which other processes had the core is not counted.
    """
    best = {name: [float("inf")] * len(items) for name in works}
    for _ in range(repeats):
        for at, item in enumerate(items):
            for name, work in works.items():
                start = time.thread_time()
                work(item)
                best[name][at] = min(best[name][at], time.thread_time() - start)
    return {name: sum(times) for name, times in best.items()}
