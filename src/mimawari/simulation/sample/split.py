"""The bundled sample as a marketplace in small, for docs/experiments.md and docs/lifecycle.md.

``python -m mimawari.simulation.sample.split FOLDER`` writes ``topic.toml``, the topic to try
things out on; ``first.jsonl``, few labels, made in a hurry and one in four of them wrong, that
the model in force is trained on; ``more.jsonl``, many careful ones, for a new model;
``traffic.jsonl``, listings of other sellers; ``answers.json``, what a careful moderator says of
each of these. ``past.csv`` is what a team decided of the careful ones before mimawari was there,
in January and February of 2026.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mimawari.detectors.packs import starter
from mimawari.listings.readers import read_listings
from mimawari.listings.writers import write_labelled
from mimawari.simulation import sample

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing

TOPIC, CAPACITY = "drugs_controlled", 450
# Of the sellers' parts: the first model's labels, the new one's; the rest is traffic.
PARTS, FIRST, MORE = 64, 4, 24
# Of the ordinary listings to train on, every so manyth is enough.
THINNED = 3
# In a hurry, one label in so many comes out wrong.
HURRY = 4
NEW_YEAR, PAST_DAYS = datetime(2026, 1, 1, 9, tzinfo=UTC), 59
PAST = ("id", "topic", "verdict", "decided_at", "reviewer", "seller_id", "title", "description")

Labelled = tuple["Listing", dict[str, int]]


def part_of(text: str, parts: int = PARTS) -> int:
    """Give the part that a text is in; the same in every run.

    Examples
    --------
    >>> part_of("s1") == part_of("s1"), 0 <= part_of("s1") < 64
    (True, True)
    """
    return zlib.crc32(text.encode()) % parts


def split(folder: Path) -> dict[str, int]:
    """Write the files; gives the number of listings in each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Labelled] = [
        (row.listing, {TOPIC: row.labels[TOPIC]})
        for row in read_listings(sample.TRAIN)
        if row.listing is not None
    ]
    known = [row for row in rows if part_of(row[0].seller_id) < MORE and _kept(*row)]
    early = [row for row in known if part_of(row[0].seller_id) < FIRST]
    first = [(listing, {TOPIC: _in_a_hurry(listing, labels[TOPIC])}) for listing, labels in early]
    traffic = [row for row in rows if part_of(row[0].seller_id) >= MORE]
    answers = {
        listing.id: ("violates" if labels[TOPIC] else "does_not_violate")
        for listing, labels in traffic
    }
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    (folder / "topic.toml").write_text(topic_file(), "utf-8")
    _write_past(folder / "past.csv", known)
    plain: list[Labelled] = [(listing, {}) for listing, _ in traffic]
    files = {"first": first, "more": known, "traffic": plain}
    return {
        f"{name}.jsonl": write_labelled(folder / f"{name}.jsonl", iter(part))
        for name, part in files.items()
    }


def _write_past(path: Path, known: list[Labelled]) -> None:
    """Write labels as decisions of a team, each of a day that follows from the listing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(PAST)
        for listing, labels in known:
            day = NEW_YEAR + timedelta(days=part_of(listing.id, PAST_DAYS))
            verdict = "violates" if labels[TOPIC] else "does_not_violate"
            texts = (listing.seller_id, listing.title, listing.description)
            table.writerow((listing.id, TOPIC, verdict, day.isoformat(), "team", *texts))


def _in_a_hurry(listing: Listing, label: int) -> int:
    return 1 - label if part_of(f"hurry {listing.id}", HURRY) == 0 else label


def _kept(listing: Listing, labels: dict[str, int]) -> bool:
    return labels[TOPIC] == 1 or part_of(listing.id, THINNED) == 0


def topic_file() -> str:
    """Give the starter pack's topic with a capacity that suits the sample."""
    path = next(file for file in starter() if file.stem == TOPIC)
    text = path.read_text("utf-8")
    return re.sub(r"^capacity = \d+", f"capacity = {CAPACITY}", text, count=1, flags=re.MULTILINE)


if __name__ == "__main__":
    for name, count in split(Path(sys.argv[1])).items():
        print(f"{count:,} listings in {sys.argv[1]}/{name}")
