"""The bundled sample as a marketplace in small: labels of last month, more labels, traffic.

``python -m mimawari.simulation.sample.split FOLDER`` writes what docs/experiments.md walks
through: ``first.jsonl``, the few labels that the model in force was trained on; ``more.jsonl``,
those and many more, for a new model; ``traffic.jsonl``, listings of other sellers, to review;
``answers.json``, what a careful moderator says of each of them.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from mimawari.listings.readers import read_listings
from mimawari.listings.writers import write_labelled
from mimawari.simulation import sample

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing

TOPIC = "drugs_controlled"
# Of sixteen parts of the sellers: the first model's labels, the new one's, the rest is traffic.
PARTS, FIRST, MORE = 16, 1, 6

Labelled = tuple["Listing", dict[str, int]]


def part_of(seller: str) -> int:
    """Give the part that a seller is in, 0 to 15; the same in every run.

    Examples
    --------
    >>> part_of("s1") == part_of("s1"), 0 <= part_of("s1") < 16
    (True, True)
    """
    return zlib.crc32(seller.encode()) % PARTS


def split(folder: Path) -> dict[str, int]:
    """Write the files; gives the number of listings in each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Labelled] = [
        (row.listing, {TOPIC: row.labels[TOPIC]})
        for row in read_listings(sample.TRAIN)
        if row.listing is not None
    ]
    first = [row for row in rows if part_of(row[0].seller_id) < FIRST]
    more = [row for row in rows if part_of(row[0].seller_id) < MORE]
    traffic = [row for row in rows if part_of(row[0].seller_id) >= MORE]
    answers = {
        listing.id: "violates" if labels[TOPIC] else "does_not_violate"
        for listing, labels in traffic
    }
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    plain: list[Labelled] = [(listing, {}) for listing, _ in traffic]
    files = {"first": first, "more": more, "traffic": plain}
    return {
        f"{name}.jsonl": write_labelled(folder / f"{name}.jsonl", iter(part))
        for name, part in files.items()
    }


if __name__ == "__main__":
    for name, count in split(Path(sys.argv[1])).items():
        print(f"{count:,} listings in {sys.argv[1]}/{name}")
