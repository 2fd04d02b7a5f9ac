"""An index as a Parquet file: data, never code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rensa import RMinHash

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.duplicates.images import BYTES
from mimawari.listings.duplicates.index import DuplicateIndex, Entry
from mimawari.listings.duplicates.shingles import PERMUTATIONS, SEED, WIDTH

if TYPE_CHECKING:
    from pathlib import Path

# Sketches compare only with sketches made alike.
MADE = f"rensa-{RMinHash.ALGORITHM_VERSION} {PERMUTATIONS} {SEED} {WIDTH}".encode()
FIELDS: list[pa.Field[pa.DataType]] = [
    pa.field("listing_id", pa.string(), nullable=False),
    pa.field("seller_id", pa.string(), nullable=False),
    pa.field("digest", pa.binary(4 * PERMUTATIONS)),
    pa.field("hashes", pa.list_(pa.field("item", pa.binary(BYTES), nullable=False))),
]
SCHEMA = pa.schema(FIELDS, metadata={b"mimawari.duplicates": MADE})


def save(index: DuplicateIndex, path: Path) -> None:
    """Write an index; the same index gives the same rows."""
    rows = [
        {
            "listing_id": entry.listing_id,
            "seller_id": entry.seller_id,
            "digest": None if entry.digest is None else entry.digest.astype("<u4").tobytes(),
            "hashes": list(entry.hashes),
        }
        for entry in index.entries
    ]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")


def load(path: Path) -> DuplicateIndex:
    """Read an index.

    Raises
    ------
    InvalidInputError
        No index, or one whose sketches were made otherwise.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _refuse(path, "cannot be read") from error
    if not table.schema.equals(SCHEMA, check_metadata=False):
        raise _refuse(path, "is no index of near-duplicates")
    if (table.schema.metadata or {}).get(b"mimawari.duplicates") != MADE:
        raise _refuse(path, "holds sketches made by another version")
    index = DuplicateIndex()
    for row in table.to_pylist():
        digest = None if row["digest"] is None else np.frombuffer(row["digest"], "<u4")
        entry = Entry(row["listing_id"], row["seller_id"], digest, tuple(row["hashes"] or ()))
        index.keep(entry)
    return index


def _refuse(path: Path, problem: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(path.name, problem, "make the index again"))
