"""What a process of its own costs a model: ``python -m bench outside``."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.outside.packages import install_example

from mimawari.detectors.base import Detector
from mimawari.detectors.loading import load_model
from mimawari.detectors.outside import OutsideDetector
from mimawari.detectors.outside.here import allowed_here
from mimawari.detectors.sealed import read
from mimawari.listings.batch import ListingBatch
from mimawari.simulation.marketplace import synthetic_listings

BATCH, ROUNDS = 250, 15


def _milliseconds(detector: Detector, batches: list[ListingBatch]) -> float:
    detector.score(batches[0])
    spent = []
    for batch in batches:
        began = time.perf_counter()
        detector.score(batch)
        spent.append(1_000 * (time.perf_counter() - began))
    return min(spent)


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmRSS:"))


def main() -> dict[str, Any]:
    """Score by the example in this process and in its own, alternately chosen listings."""
    import sys

    drawn = [one for one, _ in synthetic_listings(BATCH * ROUNDS, 1, topics=2, characters=300)]
    batches = [ListingBatch.of(drawn[i * BATCH : (i + 1) * BATCH]) for i in range(ROUNDS)]
    with TemporaryDirectory() as place:
        install_example(Path(place))
        sys.path.insert(0, str(Path(place) / "site"))
        from mimawari_word_weights import KIND  # type: ignore[import-not-found]

        folder = Path(place) / "model"
        folder.mkdir()
        KIND.write_sample(folder)
        sealed = read(folder, KIND.name)
        inside = _milliseconds(KIND.load(sealed, sealed.parameters(KIND.options)), batches)
        with allowed_here(KIND.name):
            began = time.perf_counter()
            model = load_model(folder)
            start = time.perf_counter() - began
        assert isinstance(model, OutsideDetector)
        outside = _milliseconds(model, batches)
        pid = model.pid
        assert pid is not None
        print(
            f"batch of {BATCH}: {inside:.1f} ms here, {outside:.1f} ms in its own process; "
            f"{start:.1f} s to start, {_megabytes(pid):.0f} MB"
        )
        sys.path.pop(0)
    return {"aims": []}
