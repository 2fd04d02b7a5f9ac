"""Many GBDT models scored as one: texts hashed once, facts of listings read once."""

from __future__ import annotations

from mimawari.detectors.gbdt_models.facts import Facts
from mimawari.detectors.gbdt_models.models import GbdtModels, GbdtScores, Margins

__all__ = ["Facts", "GbdtModels", "GbdtScores", "Margins"]
