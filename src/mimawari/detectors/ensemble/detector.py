"""An ensemble as a detector."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from mimawari.detectors.base import Example, Explanation, FeatureContribution
from mimawari.detectors.ensemble import artifact as artifacts
from mimawari.detectors.ensemble.pool import fingerprint, pool
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.ensemble.artifact import Loaded
    from mimawari.detectors.ensemble.pool import Member


class EnsembleDetector:
    """The members' mean log-odds, calibrated."""

    def __init__(self, loaded: Loaded) -> None:
        self.topic = loaded.topic
        self.version = loaded.version
        self.lineage = loaded.lineage
        self.members = loaded.members
        self._scales = loaded.scales
        self._calibration = loaded.calibration

    @classmethod
    def load(
        cls, path: Path, load_member: Callable[[Path, str], Member], version: str | None = None
    ) -> EnsembleDetector:
        """Load a folder that `artifact.save` wrote, verifying all of it."""
        return cls(artifacts.load(path, load_member, version))

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic."""
        return (self.topic,)

    @property
    def fingerprint(self) -> str:
        """Identifier of the members' feature spaces."""
        return fingerprint(self.members)

    def margin(self, batch: ListingBatch) -> NDArray[np.float64]:
        """Give the mean log-odds of each listing, shape (n,)."""
        return pool([self._opinion(name, batch) for name in self.members])

    def _opinion(self, name: str, batch: ListingBatch) -> NDArray[np.float64]:
        return self._scales[name].log_odds(self.members[name].margin(batch))

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, 1)."""
        return self._calibration.apply(self.margin(batch))[:, None]

    def score_from(
        self, batch: ListingBatch, floor: float
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Score, and ask costly members only where a score could reach a floor.

        Costly is a member whose scale has a highest margin, and which can read some rows only.
        With it at its highest, the pool is at its highest too, for the mean and the calibration
        only grow: what stays under the floor then is under it whatever the member would say.

        Returns
        -------
        NDArray[np.float32]
            Shape (n, 1): as `score` gives them where they reach the floor, and under it where
            they do not.
        NDArray[np.bool_]
            Where all members were asked, shape (n,).
        """
        costly = [name for name in self.members if self._scales[name].highest is not None]
        if not costly or len(costly) == len(self.members):
            return self.score(batch), np.ones(len(batch), np.bool_)
        odds = {
            name: np.full(len(batch), self._scales[name].most)
            if name in costly
            else self._opinion(name, batch)
            for name in self.members
        }
        most = self._calibration.apply(pool([*odds.values()]))
        cheap = self._calibration.apply(pool([odds[n] for n in odds if n not in costly]))
        # A member that has no opinion of a row leaves the pool: then nothing is known of it.
        near = (most >= floor) | np.isnan(np.stack([*odds.values()])).any(axis=0)
        rows = np.flatnonzero(near)
        for name in costly:
            margins = self.members[name].margin(batch, rows)  # type: ignore[call-arg]
            odds[name][rows] = self._scales[name].log_odds(margins)
        asked = self._calibration.apply(pool([of_member[rows] for of_member in odds.values()]))
        scores = np.minimum(most, cheap)
        scores[rows] = asked
        return scores[:, None], near

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say what each member found, every weight as its share of the mean log-odds.

        ``member_NAME`` has the probability that all would come to if they spoke like it, and its
        share of the mean log-odds; the words and features after it say why it thought so.
        """
        if topic != self.topic:
            return Explanation()
        share = 1 / len(self.members)
        alone = ListingBatch.of([batch.listings[row]], pictures=batch.pictures)
        opinions, spans, features = [], [], []
        for name, member in self.members.items():
            odds = float(self._opinion(name, alone)[0])
            opinions.append(FeatureContribution(f"member_{name}", float(expit(odds)), odds * share))
            explanation, scale = member.explain(batch, row, topic), self._scales[name].slope * share
            spans += [replace(span, weight=span.weight * scale) for span in explanation.spans]
            features += [
                replace(feature, weight=feature.weight * scale) for feature in explanation.features
            ]
        return Explanation(tuple(spans), (*opinions, *features))

    def get_examples(self) -> Sequence[Example]:
        """Give none: a model's data is the user's, and stays out of the artifact."""
        return ()
