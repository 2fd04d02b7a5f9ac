"""The floors that a scorer gives the cascade: below them the trees need not be asked.

A floor that is a little old is safe: a day's floor falls only where an alert leaves the list,
and what was scored under the old one then stays out of a list that has room for a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.alerts.floors import LEAST_SCORE, Floors
from mimawari.records.deployment import Slot
from mimawari.service.scoring.models import DayList

if TYPE_CHECKING:
    from datetime import date

    from mimawari.records.manifest import Manifest
    from mimawari.records.scored import ScoredBatch


def list_floors(manifest: Manifest, day: date) -> dict[str, float]:
    """Give, by topic, the score to beat: that of the list, or the least that alerts.

    A topic on trial has the least alone: its rounds make lists of their own.
    """
    stored = dict(
        DayList.objects.filter(day=day, floor__isnull=False).values_list("topic", "floor")
    )
    return {
        topic: LEAST_SCORE if entry.trial else max(LEAST_SCORE, stored.get(topic) or 0.0)
        for topic, entry in manifest.topics.items()
    }


class ShadowFloors:
    """Floors of the models that no list is made of: the K-th best that this scorer saw today.

    The K-th best of a part is never above that of the whole, so nothing is left out that the
    shadow's own list of the day would hold.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._topics = {
            deployment.model: topic
            for topic, deployment in manifest.columns
            if deployment.slot == Slot.SHADOW
        }
        self._manifest = manifest
        self._day: date | None = None
        self._best = Floors({})

    def current(self, day: date, lists: dict[str, float]) -> dict[str, float]:
        """Give the floor of each model beside the champion; a canary's is that of the list."""
        if day != self._day:
            capacities = self._manifest.capacities
            self._best = Floors({m: capacities[t] for m, t in self._topics.items()})
            self._day = day
        best = self._best.current()
        floors = {d.model: lists[topic] for topic, d in self._manifest.columns}
        for model, topic in self._topics.items():
            on_trial = self._manifest.topics[topic].trial
            floors[model] = LEAST_SCORE if on_trial else max(LEAST_SCORE, best.get(model, 0.0))
        return floors

    def update(self, batch: ScoredBatch) -> None:
        """Take in what was scored."""
        if batch.day == self._day:
            columns = {model: batch.models.index(model) for model in self._topics}
            self._best.update({m: batch.model_scores[:, at] for m, at in columns.items()})
