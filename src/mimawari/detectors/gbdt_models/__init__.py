"""Many GBDT models scored as one: texts hashed once, facts of listings read once."""

from __future__ import annotations

from mimawari.detectors.fused.facts import Facts
from mimawari.detectors.fused.models import FusedModels, FusedScores, Margins

__all__ = ["Facts", "FusedModels", "FusedScores", "Margins"]
