"""The admitter: merges candidates into the top K of their topic and day, list by list.

Any number of them run: the row of a list is its lock, and whoever finds it taken goes on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mimawari.errors import InvalidInputError
from mimawari.service.admission.admit import admit
from mimawari.service.admission.lists import ended, superseded
from mimawari.service.admission.rescans import open_findings
from mimawari.service.admission.spared import spared_lists
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from datetime import date

    from mimawari.records.manifest import TopicEntry

logger = logging.getLogger(__name__)


class Admitter(WorkLoop):
    """Deals with every list that candidates wait for, or whose alerts nobody need decide."""

    trouble = "a list could not be merged; its candidates wait"

    def __init__(self) -> None:
        super().__init__(idle_seconds=0.5)

    def turn(self) -> bool:
        """Merge each list that has something to merge."""
        topics = self._topics()
        now = clock.database_now()
        _after_rounds([topic for topic, entry in topics.items() if not entry.trial], now.date())
        waiting = Candidate.objects.filter(state=CandidateState.WAITING)
        lists = set(waiting.values_list("topic", "day").distinct())
        for gone in (superseded(), ended()):
            lists |= set(gone.values_list("topic", "day").distinct())
        lists |= spared_lists(topics, now)
        merged = 0
        for topic, day in sorted(lists):
            if self.notice and topic not in topics:
                continue  # a later version knows it
            # A topic out of force opens no alerts; what waits is refused.
            entry = topics.get(topic)
            merged += admit(topic, day, entry.capacity if entry else 0, now, entry)
        # An older generation may not know what a rescan looks for.
        opened = 0 if self.notice else open_findings(topics, now)
        return merged + opened > 0

    def _topics(self) -> dict[str, TopicEntry]:
        """Give what is in force, as far as this version of the program reads it."""
        try:
            newest, notice = generations.current(), ""
        except InvalidInputError as error:
            newest = generations.serving()
            notice = f"goes on by an older generation: {error}"
        if notice != self.notice:
            logger.warning("%s", notice or "the newest generation is in force")
        self.notice = notice
        return newest.manifest.topics if newest else {}


def _after_rounds(topics: list[str], day: date) -> None:
    """Let what waits for a round that will not come compete for today's list."""
    left = Candidate.objects.filter(topic__in=topics, state=CandidateState.IN_ROUND)
    if left.exists():
        left.update(state=CandidateState.WAITING, in_round=False, day=day)
