"""Readers of CSV, JSONL and Parquet: streamed, bad rows reported and passed over."""

from __future__ import annotations

from mimawari.listings.readers.read import read_listings
from mimawari.listings.readers.rejects import RejectFile
from mimawari.listings.readers.rows import Row

__all__ = ["RejectFile", "Row", "read_listings"]
