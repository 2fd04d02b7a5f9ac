"""What a suite says of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.rules.ruleset import RuleHits


@dataclass(frozen=True, slots=True, eq=False)
class BesideScores:
    """What one model beside the champions says of a batch, for one topic.

    Parameters
    ----------
    version, topic
        The model, and one of its topics.
    model
        Calibrated probability of each listing; NaN where it has no opinion or failed.
    refined
        As of `SuiteScores`, by the model's own floor.
    """

    version: str
    topic: str
    model: NDArray[np.float32]
    refined: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SuiteScores:
    """What a suite says of a batch; matrices have a row a listing and a column a topic.

    Parameters
    ----------
    score
        The larger of model and rules; NaN where neither has an opinion.
    model, rules
        Calibrated probability, and precision of the best rule or bank that hit; NaN is absent.
    refined
        Whether the trees were asked. Where not, the model's score is that of the text
        alone, and under the floor.
    failures
        Why a topic's model, a bank or a model beside (by its version) is absent from the
        whole batch.
    beside
        Scores of the models beside the champions, in their order.
    outside
        Where a topic is not in force in a listing's market; None where it is everywhere.
    seconds
        What each model took for the batch, by version; GBDT models share theirs equally.
    """

    topics: tuple[str, ...]
    score: NDArray[np.float32]
    model: NDArray[np.float32]
    rules: NDArray[np.float32]
    refined: NDArray[np.bool_]
    hits: RuleHits
    failures: dict[str, str]
    beside: tuple[BesideScores, ...] = ()
    outside: NDArray[np.bool_] | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def checked(scores: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Refuse what is no probability; a column of one model may come flat."""
    columns = np.asarray(scores, np.float32)
    if columns.ndim == 1 and shape[1] == 1:
        columns = columns[:, None]
    if columns.shape != shape:
        raise ValueError(f"the scores have shape {columns.shape}, not {shape}")
    if ((columns < 0) | (columns > 1)).any():
        raise ValueError("a score is outside of 0 to 1")
    return columns
