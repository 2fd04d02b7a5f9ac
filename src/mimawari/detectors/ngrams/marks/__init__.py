"""The second view of a text: canonical, with the marks between words left in."""

from __future__ import annotations

from mimawari.detectors.ngrams.marks.texts import MarkedTexts, with_marks

__all__ = ["MarkedTexts", "with_marks"]
