"""Topics whose items are judged blind: nobody may see what a model thought of them.

Any difference between the items of two models, or between an item of a model and one of the
exploration slice, would reach the labels that are to decide between them.
"""

from __future__ import annotations

from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.trials.models import Trial, TrialState


def blind_topics() -> frozenset[str]:
    """Give the topics with a trial that has not ended, or open alerts beside the top K.

    What was explored, compared, asked for by a campaign or is judged a second time would stand out
    by its score alone, so the topic is blind for as long as any of it is open. Golden items are
    opened one at a time: blindness that came and went with them would give them away.
    """
    trials = Trial.objects.exclude(state=TrialState.ENDED).values_list("topic", flat=True)
    beside = (Purpose.EXPLORATION, Purpose.TRIAL, Purpose.SECOND, Purpose.CAMPAIGN)
    mixed = Alert.objects.filter(state=AlertState.OPEN, purpose__in=beside)
    return frozenset(trials) | frozenset(mixed.values_list("topic", flat=True).distinct())
