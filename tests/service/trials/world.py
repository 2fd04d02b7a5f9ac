"""A small market with known truth: trained models, a stream, a clock, and moderators who decide.

Everything goes the way it goes in service: listings through the log and the worker, verdicts
through the queue. Only the time is told, so that weeks pass in seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone
from tests.service.working import work_off

from mimawari.detectors.gbdt import artifact
from mimawari.detectors.gbdt.linear import TextSettings
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage
from mimawari.service.admission.models import Alert
from mimawari.service.audit.models import Event
from mimawari.service.intake import log
from mimawari.service.platform import clock as database_clock
from mimawari.service.releases import generations
from mimawari.service.review import queue
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials import events, runner
from mimawari.service.trials.event_bodies import End
from mimawari.service.trials.models import (
    Trial,
    TrialEvent,
    TrialItem,
    TrialLook,
    TrialRound,
)
from mimawari.simulation.marketplace import synthetic_listings, topic_name

WORD_SEED, TOPICS, CHARACTERS, VIOLATIONS = 1, 2, 60, 0.12
TOPIC, OTHER = topic_name(0), topic_name(1)
A_DAY, CAPACITY = 120, 16
# The stream begins behind what the models were trained on.
TRAINING, BEFORE = 800, 2_000
# What the text score would choose for its rows, which takes most of a training's time.
MANY = TextSettings(c=5, alpha=1)
FEW = TextSettings(c=10, alpha=1, scaling="norm", parts="words")
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRAINED_UNTIL = datetime(2026, 1, 31, tzinfo=UTC)


def end_of(trial: Trial) -> End:
    """Give what was recorded at a trial's end."""
    body = events.last_end(trial)
    assert body is not None
    return body


Truth = dict[str, frozenset[str]]
Says = Callable[[Alert, User], str]


@functools.cache
def _drawn(n: int, rate: float) -> list[tuple[Listing, frozenset[str]]]:
    return list(synthetic_listings(n, WORD_SEED, TOPICS, CHARACTERS, rate))


def fit(
    topic: str,
    folder: Path,
    n: int = TRAINING,
    flip: float = 0.0,
    seed: int = 0,
    text: TextSettings = MANY,
) -> Path:
    """Train a model; ``flip`` labels the wrong way round make it a worse one."""
    rows = _drawn(TRAINING, 0.4)[:n]
    y = np.array([topic in violated for _, violated in rows])
    y ^= np.random.default_rng(seed).random(n) < flip
    lineage = Lineage(by="tests", labels_until=TRAINED_UNTIL.isoformat())
    data = Rows(tuple(one for one, _ in rows), y, np.ones(n))
    settings = Settings(text=text, least_positives=5, choose_text=False)
    artifact.save(train(data, topic, settings, lineage=lineage), folder)
    return folder


@dataclass
class Clock:
    """The time as the service sees it."""

    now: datetime = START

    def go(self, **ahead: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**ahead)
        return self.now


@dataclass
class Market:
    """The stream of a market day by day, and who decides what it puts before moderators."""

    clock: Clock
    truth: Truth = field(default_factory=dict)

    def arrive(self, n: int = A_DAY) -> list[Listing]:
        """Let the next listings arrive, now, and the worker score them."""
        start = BEFORE + len(self.truth)
        drawn = list(islice(_drawn(BEFORE + 12_000, VIOLATIONS), start, start + n))
        self.truth |= {one.id: violated for one, violated in drawn}
        arrived = [one for one, _ in drawn]
        log.append(arrived)
        drain()
        return arrived

    def history(self, days: int, wrong: float = 0.0) -> None:
        """Let days pass in which all that waits is decided at once, partly wrongly."""
        (anna,) = moderators(1, "history")
        random = np.random.default_rng(7)
        for _ in range(days):
            self.arrive()
            in_force = generations.current().number
            Decision.objects.bulk_create(
                Decision(
                    alert=alert,
                    moderator=anna,
                    verdict=said(self.violates(alert) != (random.random() < wrong)),
                    policy_version=1,
                    generation_id=in_force,
                    decided_at=self.clock.now,
                    seconds=5.0,
                )
                for alert in open_alerts()
            )
            Alert.objects.filter(state="open").update(state="decided")
            self.clock.go(days=1)

    def pass_days(
        self, days: int, people: Sequence[User] = (), n: int = A_DAY, says: Says | None = None
    ) -> None:
        """Let days pass: listings arrive, moderators decide all that waits, trials advance."""
        for _ in range(days):
            self.arrive(n)
            runner.advance()
            self.review(people, says=says)
            runner.advance()
            self.clock.go(days=1)

    def until_ended(
        self, trial: Trial, people: Sequence[User], most: int = 30, says: Says | None = None
    ) -> Trial:
        """Let days pass until the trial has ended; each keeps to the capacity."""
        for _ in range(most):
            self.pass_days(1, people, says=says)
            keeps_to_the_capacity()
            trial = again(trial)
            if trial.state == "ended":
                return trial
        raise AssertionError(f"{trial} goes on after {most} days: {trial.looks.last()}")

    def violates(self, alert: Alert) -> bool:
        """Say what is true of an alert."""
        return alert.topic in self.truth[alert.listing_version.listing_id]

    def review(self, people: Sequence[User], most: int = 10_000, says: Says | None = None) -> int:
        """Let moderators take turns until nothing waits that any of them may decide.

        ``says`` gives the verdict of a moderator on an alert where it is not the truth.
        """
        done, idle, turn = 0, 0, 0
        while people and done < most and idle < len(people):
            who = people[turn % len(people)]
            turn += 1
            alert = queue.next_alert(who)
            if alert is None:
                idle += 1
                continue
            idle = 0
            verdict = says(alert, who) if says else ""
            queue.decide(alert, who, verdict or said(self.violates(alert)), 5.0)
            done += 1
        return done


def said(violates: bool) -> str:
    """Give the verdict for a truth."""
    return Verdict.VIOLATES if violates else Verdict.DOES_NOT_VIOLATE


def keeps_to_the_capacity() -> None:
    """Check that no topic and day had more alerts than its capacity."""
    held = Alert.objects.filter(state__in=("open", "decided")).values("topic", "day")
    over = [row for row in held.annotate(n=Count("pk")).order_by() if row["n"] > CAPACITY]
    assert over == []


def snapshot() -> dict[str, list[object]]:
    """Give everything that is stored of trials, to see whether anything changed."""
    tables = (Trial, TrialRound, TrialItem, TrialLook, TrialEvent, Alert, Event)
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


def drain() -> None:
    """Score and admit all that waits."""
    work_off()


def open_alerts(**where: object) -> Iterable[Alert]:
    """Give the alerts that wait."""
    waiting = Alert.objects.filter(state="open", **where).order_by("pk")
    return waiting.select_related("listing_version")


def told_time(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Let the service see the clock's time."""
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    monkeypatch.setattr(database_clock, "database_now", lambda: clock.now)


def moderators(n: int = 2, name: str = "moderator") -> list[User]:
    """Make accounts that decide."""
    return [User.objects.create_user(f"{name}-{i}") for i in range(n)]


def again(trial: Trial) -> Trial:
    """Read a trial anew."""
    return Trial.objects.get(pk=trial.pk)
