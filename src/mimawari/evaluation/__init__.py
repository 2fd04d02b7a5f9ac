"""What is a model worth, and is the next one better? Measures, estimates and tests."""

from __future__ import annotations

from mimawari.evaluation.blocks import block_factor
from mimawari.evaluation.difference import difference_interval
from mimawari.evaluation.information import information
from mimawari.evaluation.mcnemar import McNemarEProcess

__all__ = ["McNemarEProcess", "block_factor", "difference_interval", "information"]
