"""Readers of CSV, JSONL and Parquet: streamed, bad rows reported and passed over."""

from __future__ import annotations

from mimawari.listings.readers.left_out import LeftOut, Refusals, good_rows
from mimawari.listings.readers.read import read_listings
from mimawari.listings.readers.reading import AS_IT_IS, Reading
from mimawari.listings.readers.rejects import RejectFile
from mimawari.listings.readers.rows import Row

__all__ = [
    "AS_IT_IS",
    "LeftOut",
    "Reading",
    "Refusals",
    "RejectFile",
    "Row",
    "good_rows",
    "read_listings",
]
