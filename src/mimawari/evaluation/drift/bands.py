"""Watches by name: that of the inputs, and of each topic the bands of its scores."""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING

from mimawari.evaluation.drift.rule import RUN_LENGTH, Rule
from mimawari.evaluation.drift.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.evaluation.drift.tally import Tally
    from mimawari.evaluation.drift.watch import WatchState

INPUTS = "inputs"
COMPETES, MODEL = "what competes", "model "
NO_SCORE = "no score"
EDGES = (0.01, 0.1, 0.5)
NAMES = ("under .01", ".01 to .1", ".1 to .5", ".5 and more")
BANDS = (*NAMES, NO_SCORE)
TOPICS = 20
# Half of what may be wrong for the inputs, half for so many topics together.
INPUT_RULE, TOPIC_RULE = Rule(2 * RUN_LENGTH), Rule(2 * TOPICS * RUN_LENGTH)


def scores_of(topic: str) -> str:
    """Name the watch of a topic's scores."""
    return f"scores {topic}"


def band(score: float) -> str:
    """Give the band of a score.

    Examples
    --------
    >>> band(0.005), band(0.1), band(0.7), band(math.nan)
    ('under .01', '.1 to .5', '.5 and more', 'no score')
    """
    return NO_SCORE if math.isnan(score) else NAMES[bisect.bisect_right(EDGES, score)]


def watch_named(name: str, state: WatchState, past: Mapping[int, Tally]) -> Watch:
    """Make a watch of its state; all together are wrong once in `RUN_LENGTH` listings.

    Parameters
    ----------
    past
        Its hourly counts.
    """
    if name == INPUTS:
        return Watch(state, past, rule=INPUT_RULE)
    return Watch(state, past, BANDS, TOPIC_RULE)
