"""Parquet files of kilobytes that stand for gigabytes: refused, or read a few rows at a time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mimawari.errors import InvalidInputError
from mimawari.listings.readers import read, read_listings

ROWS = 400


def write(path: Path, text: str, rows: int = ROWS, **options: object) -> Path:
    ids = [str(i) for i in range(rows)]
    columns = {"id": ids, "title": ["a cup"] * rows, "description": [text] * rows}
    pq.write_table(pa.table(columns), path, compression="zstd", **options)
    assert path.stat().st_size < 100_000
    return path


def test_rows_that_are_declared_too_large_are_refused_unread(tmp_path: Path) -> None:
    path = write(tmp_path / "plain.parquet", "x" * 1_100_000, 50, use_dictionary=False)
    with pytest.raises(InvalidInputError, match="row group 0: declares 55,0"):
        list(read_listings(path))


def test_a_file_far_smaller_than_what_it_declares_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "PLAIN_RATIO", 5_000_000)
    path = write(tmp_path / "plain.parquet", "x" * 19_000, use_dictionary=False)
    with pytest.raises(InvalidInputError, match="over 500 times its size"):
        list(read_listings(path))


def test_a_text_that_all_rows_repeat_is_not_written_out_for_all_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "dictionary.parquet", "x" * 900_000)
    tracemalloc.start()
    try:
        refused = sum(row.listing is None for row in read_listings(path))
        assert tracemalloc.get_traced_memory()[1] < 2 * read.BATCH_BYTES
    finally:
        tracemalloc.stop()
    assert refused == ROWS


def test_repeated_texts_of_an_ordinary_file_are_read_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "ordinary.parquet", "blue, as new", 5_000)
    rows = list(read_listings(path, 10))
    assert len(rows) == 4_990
    assert {row.listing.description for row in rows if row.listing} == {"blue, as new"}
