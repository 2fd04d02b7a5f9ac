"""Text normalisation: one canonical view of what sellers write, with the way back."""

from __future__ import annotations

from mimawari.listings.normalise.folding import canonical, canonicalise
from mimawari.listings.normalise.readings import Readings, default_readings, use_readings
from mimawari.listings.normalise.texts import CanonicalTexts

__all__ = [
    "CanonicalTexts",
    "Readings",
    "canonical",
    "canonicalise",
    "default_readings",
    "use_readings",
]
