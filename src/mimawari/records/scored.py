"""A scored batch: what a suite said of listing versions, by slot."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ScoredBatch(msgspec.Struct, frozen=True):
    """Scores of n listing versions, for t topics and d deployments.

    Parameters
    ----------
    ids
        Numbers of the listing versions, shape (n,).
    topics, models
        What the columns are of: topics, and model versions in the manifest's order.
    scores
        What competes for the top K, shape (n, t): the larger of the rules' score and that of
        the champion, or of the canary for its sellers; NaN where neither has an opinion.
    rules
        Precision of the best rule that hit, shape (n, t); NaN where none did.
    model_scores, refined
        By deployment, shape (n, d): the probability, and whether the trees were asked.
    in_canary
        Whether the canary's score competes, shape (n, t).
    rule_hits
        Rules that hit, by version.
    picture_texts
        What had been read in the pictures, by version.
    outside
        Where a topic is not in force in the listing's market, shape (n, t); None where it is
        everywhere.
    """

    ids: NDArray[np.int64]
    generation: int
    topics: tuple[str, ...]
    models: tuple[str, ...]
    scores: NDArray[np.float32]
    rules: NDArray[np.float32]
    model_scores: NDArray[np.float32]
    refined: NDArray[np.bool_]
    in_canary: NDArray[np.bool_]
    rule_hits: list[list[str]]
    picture_texts: list[str]
    scored_at: datetime
    outside: NDArray[np.bool_] | None = None

    @property
    def day(self) -> date:
        """The day whose lists the scores compete for."""
        return self.scored_at.date()

    def rows(self, chosen: NDArray[np.int64]) -> ScoredBatch:
        """Give some of the versions."""
        return msgspec.structs.replace(
            self,
            ids=self.ids[chosen],
            scores=self.scores[chosen],
            rules=self.rules[chosen],
            model_scores=self.model_scores[chosen],
            refined=self.refined[chosen],
            in_canary=self.in_canary[chosen],
            rule_hits=[self.rule_hits[row] for row in chosen.tolist()],
            picture_texts=[self.picture_texts[row] for row in chosen.tolist()],
            outside=None if self.outside is None else self.outside[chosen],
        )


class CandidateRow(msgspec.Struct, frozen=True):
    """A version that could enter a topic's list; ``probability`` where chance chose it."""

    version: int
    topic: str
    score: float
    probability: float | None = None
    in_round: bool = False
