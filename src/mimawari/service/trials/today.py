"""What a trial asks of moderators on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count

from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from datetime import date

    from mimawari.service.trials.models import Trial


class Today(msgspec.Struct, frozen=True):
    """Items of the trial that wait and that were decided today, and the topic's capacity."""

    waiting: int
    decided: int
    capacity: int


def asks_today(trial: Trial, today: date) -> Today:
    """Count what the trial asks of moderators on one day; they are not told which items."""
    mine = Alert.objects.filter(topic=trial.topic, day=today, trial_items__trial=trial).distinct()
    counted = mine.values("state").annotate(n=Count("pk", distinct=True))
    states = {row["state"]: row["n"] for row in counted}
    newest = generations.serving()
    entry = newest.manifest.topics.get(trial.topic) if newest else None
    return Today(
        waiting=states.get(AlertState.OPEN, 0),
        decided=states.get(AlertState.DECIDED, 0),
        capacity=entry.capacity if entry else 0,
    )
