"""Replays of labelling: how many labels each strategy needs for a good model."""

from __future__ import annotations

from mimawari.simulation.labelling.corpus import Corpus
from mimawari.simulation.labelling.reach import labels_to_reach, over_seeds
from mimawari.simulation.labelling.replay import Curve, Plan, Task, cut, replay

__all__ = ["Corpus", "Curve", "Plan", "Task", "cut", "labels_to_reach", "over_seeds", "replay"]
