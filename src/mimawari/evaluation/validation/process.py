"""What runs in the fresh process: ``python -m mimawari.evaluation.validation.process FOLDER``."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import msgspec

from mimawari.detectors.golden import compare_golden, read_golden
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.loading import load_model
from mimawari.errors import InvalidInputError
from mimawari.evaluation.validation.fresh import Fresh
from mimawari.listings.batch import ListingBatch
from mimawari.listings.normalise.readings import Readings, use_readings

ROUNDS = 3
STATUS = Path("/proc/self/status")


def run(folder: Path, version: str) -> Fresh:
    """Load, compare with the golden scores, and score again for the time."""
    listings = golden_listings()
    before = _megabytes()
    try:
        model = load_model(folder, version)
        golden = read_golden(folder)
    except InvalidInputError as error:
        return Fresh(problem=str(error.problems[0]))
    difference = None if golden is None else compare_golden(model, golden)
    spent = []
    for _ in range(ROUNDS):
        batch = ListingBatch.of(listings)
        began = time.process_time()
        model.score(batch)
        spent.append(time.process_time() - began)
    milliseconds = 1_000 * min(spent) / len(listings)
    megabytes = _megabytes() - before
    if difference is None:
        return Fresh(milliseconds=milliseconds, megabytes=megabytes)
    return Fresh(
        off=difference.greatest,
        allowed=difference.allowed,
        listing=difference.listing,
        environment=difference.environment,
        milliseconds=milliseconds,
        megabytes=megabytes,
    )


def _megabytes() -> float:
    """Give the most memory that this process has held.

    Linux tells `getrusage` what the parent held before, so its own figure goes first.
    """
    if STATUS.is_file():
        for line in STATUS.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


if __name__ == "__main__":
    use_readings(msgspec.json.decode(sys.stdin.buffer.read(), type=Readings))
    sys.stdout.buffer.write(msgspec.json.encode(run(Path(sys.argv[1]), sys.argv[2])) + b"\n")
