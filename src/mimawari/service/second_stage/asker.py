"""Asks the second stages in force, beside admission: any number of these work at once.

Requests run in threads of their own; the loop alone touches the database, in transactions that
last no longer than their rows take to write.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.detectors.remote.options import KEY_VARIABLE
from mimawari.detectors.second_stage.asking import Reply, StageAsker
from mimawari.detectors.second_stage.prompt import Policy
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.second_stage import breaker
from mimawari.service.second_stage.leasing import Taken, take
from mimawari.service.second_stage.replies import release, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from mimawari.records.manifest import TopicEntry
    from mimawari.records.second_stage import SecondStage

logger = logging.getLogger(__name__)
# How long a turn waits for a reply before it looks for questions again.
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Flight:
    """A group of questions whose request is under way."""

    topic: str
    day: date
    taken: list[Taken]
    asker: StageAsker


class Asker(WorkLoop):
    """Takes questions, asks, and writes the answers.

    Parameters
    ----------
    on_answered
        Called once answers were written: admission may merge them.
    key
        The endpoint's key; of the environment where not given.
    """

    trouble = "a second stage could not be asked; the first stage stands"

    def __init__(
        self, on_answered: Callable[[], object] = lambda: None, key: str | None = None
    ) -> None:
        super().__init__(idle_seconds=0.5)
        self._on_answered = on_answered
        self._key = os.environ.get(KEY_VARIABLE, "") if key is None else key
        self._askers: dict[str, tuple[SecondStage, StageAsker]] = {}
        self._flights: dict[int, Flight] = {}
        self._replies: queue.SimpleQueue[tuple[Flight, list[Reply]]] = queue.SimpleQueue()

    def turn(self) -> bool:
        """Begin what may be asked, and write what was answered."""
        newest = generations.serving()
        topics = newest.manifest.topics if newest else {}
        begun = sum(self._begin(topic, entry) for topic, entry in topics.items() if entry.stage)
        return self._collect() + begun > 0 or bool(self._flights)

    def ended(self) -> None:
        """Give back what is not answered yet: another asker need not wait for the leases."""
        now = clock.database_now()
        for flight in self._flights.values():
            release(flight.taken, now)
        for _, asker in self._askers.values():
            asker.close()

    def _begin(self, topic: str, entry: TopicEntry) -> int:
        """Begin requests of a topic; gives how many questions are dealt with."""
        stage, now = entry.stage, clock.database_now()
        assert stage is not None
        flying = Counter(flight.topic for flight in self._flights.values())[topic]
        groups = breaker.most_groups(topic, stage.spec.concurrency - flying, now)
        if groups <= 0:
            return 0
        round_ = take(topic, stage, groups * stage.spec.per_request, now)
        size = stage.spec.per_request
        asker = self._asker(topic, entry, stage) if round_.taken else None
        for first in range(0, len(round_.taken), size):
            assert asker is not None
            group = round_.taken[first : first + size]
            self._fly(Flight(topic, round_.day, group, asker))
        if round_.known:
            self._on_answered()
        return len(round_.taken) + round_.known

    def _asker(self, topic: str, entry: TopicEntry, stage: SecondStage) -> StageAsker:
        """Give what asks a topic's stage; a stage that changed has another one."""
        known = self._askers.get(topic)
        if known is not None and known[0] == stage:
            return known[1]
        if known is not None and all(f.asker is not known[1] for f in self._flights.values()):
            known[1].close()
        asker = StageAsker(stage.spec, Policy.of(topic_file_of(topic, entry)), self._key)
        self._askers[topic] = (stage, asker)
        return asker

    def _fly(self, flight: Flight) -> None:
        self._flights[id(flight)] = flight
        # A daemon: a process that ends does not wait for an endpoint that stalls.
        threading.Thread(target=self._ask, args=(flight,), daemon=True).start()

    def _ask(self, flight: Flight) -> None:
        try:
            replies = flight.asker.ask([question.listing for question in flight.taken])
        except Exception as error:  # whatever an endpoint provokes must not stop the others
            logger.exception("the second stage of %s could not be asked", flight.topic)
            problem = f"{type(error).__name__}: {error}"
            replies = [Reply(None, problem, 0, 0, 0.0) for _ in flight.taken]
        self._replies.put((flight, replies))

    def _collect(self) -> int:
        """Write the replies that are there, waiting a moment for the first; gives how many."""
        written = 0
        while self._flights:
            try:
                flight, replies = self._replies.get(timeout=0 if written else LOOK_SECONDS)
            except queue.Empty:
                break
            try:
                write(flight.topic, flight.day, flight.taken, replies, clock.database_now())
            except BaseException:  # it was paid for: written once the store is back
                self._replies.put((flight, replies))
                raise
            del self._flights[id(flight)]
            written += len(replies)
        if written:
            self._on_answered()
        return written
