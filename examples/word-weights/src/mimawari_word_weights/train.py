"""Counts how often words stand in violating and in other listings."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mimawari.detectors.golden import add_golden
from mimawari.detectors.sealed import read
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.readers import read_listings
from mimawari.records.lineage import Lineage
from mimawari_word_weights.detector import WORD
from mimawari_word_weights.kind import FINGERPRINT, KIND, NAME, save

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 2


def train(listings: Path, topic: str, folder: Path, by: str) -> str:
    """Write a model of a file's labels; gives its version.

    Raises
    ------
    InvalidInputError
        The file has no listing of both labels.
    """
    counts: dict[int, Counter[str]] = {0: Counter(), 1: Counter()}
    rows = Counter[int]()
    for row in read_listings(listings):
        label = row.labels.get(topic)
        if row.listing is not None and label is not None:
            text = ListingBatch.of([row.listing]).texts.text(0)
            counts[label].update(set(WORD.findall(text)))
            rows[label] += 1
    if not rows[0] or not rows[1]:
        problem, remedy = "needs listings of both labels", "name a file with labels of the topic"
        raise InvalidInputError(FieldProblem(topic, problem, remedy))
    weights = {
        word: math.log((counts[1][word] + 1) / (rows[1] + 2))
        - math.log((counts[0][word] + 1) / (rows[0] + 2))
        for word in sorted(counts[0] | counts[1])
        if counts[0][word] + counts[1][word] >= LEAST
    }
    lineage = Lineage(
        package=f"mimawari-word-weights ({FINGERPRINT})",
        settings={"least": LEAST},
        topics=(topic,),
        rows=rows.total(),
        positives=rows[1],
        prevalence=rows[1] / rows.total(),
        by=by,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    save(folder, topic, weights, math.log(rows[1] / rows[0]), lineage)
    sealed = read(folder, NAME)
    return add_golden(folder, KIND.load(sealed, sealed.parameters(KIND.options)))
