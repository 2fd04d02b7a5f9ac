"""Hashed word and character n-grams: hash a text once, gather every topic's text score."""

from __future__ import annotations

from mimawari.detectors.ngrams.kernel import gather, hash_batch, occupancy
from mimawari.detectors.ngrams.marks import MarkedTexts, with_marks
from mimawari.detectors.ngrams.spec import NgramSpec

__all__ = ["MarkedTexts", "NgramSpec", "gather", "hash_batch", "occupancy", "with_marks"]
