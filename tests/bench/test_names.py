"""Every bench is found without the service being set up: `make bench` runs them all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_benches_are_listed() -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "MIMAWARI"))}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--help"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {"intake", "score", "ledger", "scorers", "reads"} <= set(
        done.stdout.replace(",", " ").split()
    )
