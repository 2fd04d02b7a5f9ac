"""Write the files of a day as its versions stream by, in bounded memory, whole or not at all.

Versions come in the order of their numbers. What was sent is written at once, in that order; the
scores are laid aside and then written in the order of listings, part by part.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from mimawari.datasets.history.columns import schema_of, table_of
from mimawari.datasets.history.index import hashes_of, write_index
from mimawari.datasets.history.sent import sent_schema, sent_table
from mimawari.datasets.history.totals import Totals, write_totals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mimawari.datasets.history.columns import Manifests
    from mimawari.datasets.history.rows import ScoredVersion, SentVersion

SCORES, SENT, TOTALS = "scores.parquet", "sent.parquet", "totals.parquet"
INDEX = "listings.npy"
# A look-up reads one group: smaller ones are read faster, larger ones take a little less room.
GROUP = 20_000
SENT_GROUP = 5_000
# So many rows are sorted at once.
PART = 200_000
_SPOOL = "spool.arrow"


class DayWriter:
    """Writes a day into a new folder, which has its name only once all is there.

    Parameters
    ----------
    manifests
        Of all generations that scored on the day.
    alerted
        Topics that its versions were alerted for.
    """

    def __init__(self, folder: Path, manifests: Manifests, alerted: Collection[str] = ()) -> None:
        self.folder, self.manifests = folder, manifests
        self.schema = schema_of(manifests, alerted)
        self.rows = 0
        self._partial = folder.with_name(f".{folder.name}.partial")

    def __enter__(self) -> Self:
        import pyarrow as pa
        import pyarrow.parquet as pq

        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        self._sent = pq.ParquetWriter(self._partial / SENT, sent_schema(), compression="zstd")
        self._spool = pa.ipc.new_file(str(self._partial / _SPOOL), self.schema)
        self._totals, self._hashes = Totals(), [hashes_of(())]
        return self

    def add(self, scored: Sequence[ScoredVersion], sent: Sequence[SentVersion]) -> None:
        """Add versions, each once in both, with greater numbers than those before.

        Raises
        ------
        InvalidInputError
            A row has other columns than its generation.
        """
        table = table_of(scored, self.manifests, self.schema)
        self._totals.add(table)
        self._hashes.append(hashes_of(row.listing_id for row in scored))
        self._spool.write_table(table)
        self._sent.write_table(sent_table(sent), row_group_size=SENT_GROUP)
        self.rows += len(scored)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._sent.close()
        self._spool.close()
        if kind is None:
            self._write_scores()
            write_index(self._partial / INDEX, np.concatenate(self._hashes))
            write_totals(self._partial / TOTALS, self._totals.rows())
            (self._partial / _SPOOL).unlink()
            self._partial.rename(self.folder)
        else:
            shutil.rmtree(self._partial, ignore_errors=True)

    def _write_scores(self) -> None:
        import pyarrow.parquet as pq

        # Codes would be wider than most numbers: a dictionary takes half as much room again.
        coded = [n for n in self.schema.names if n[:2] == "r_" or n in {"generation", "day"}]
        path = self._partial / SCORES
        # The stubs know only yes and no.
        kinds: Any = {"use_dictionary": coded}
        with pq.ParquetWriter(path, self.schema, compression="zstd", **kinds) as file:
            for table in _in_order(self._partial / _SPOOL):
                file.write_table(table, row_group_size=GROUP)


def _in_order(spool: Path) -> Iterator[pa.Table]:
    """Give what was laid aside in the order of listings and versions, some at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with pa.memory_map(str(spool)) as mapped:
        batches = pa.ipc.open_file(mapped)
        parts = [batches.get_batch(i) for i in range(batches.num_record_batches)]
        if not parts:
            return
        keys = pa.Table.from_batches([part.select(["listing_id", "version"]) for part in parts])
        rank = np.empty(len(keys), np.int64)
        by: list[tuple[str, Literal["ascending", "descending"]]]
        by = [("listing_id", "ascending"), ("version", "ascending")]
        rank[pc.sort_indices(keys, by).to_numpy()] = np.arange(len(keys))
        for start in range(0, len(keys), PART):
            yield _part(parts, rank, start, start + PART)


def _part(parts: Sequence[pa.RecordBatch], rank: np.ndarray, start: int, end: int) -> pa.Table:
    """Gather the rows whose places in the order lie in a stretch."""
    import pyarrow as pa

    chosen, places, offset = [], [], 0
    for part in parts:
        mine = rank[offset : offset + len(part)]
        at = np.flatnonzero((mine >= start) & (mine < end))
        if len(at):
            chosen.append(part.take(at))
            places.append(mine[at])
        offset += len(part)
    order = np.argsort(np.concatenate(places))
    return pa.Table.from_batches(chosen).combine_chunks().take(order)
