"""Fills an empty store with years of work at the speed of bulk SQL: for benches and tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.monitoring.figures import refresh_next
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision, GoldenItem, Verdict
from mimawari.service.scoring.models import DayVolume, Score
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.models import (
    Kind,
    Outcome,
    Role,
    Trial,
    TrialEvent,
    TrialItem,
    TrialLook,
    TrialRound,
    TrialState,
)

DAYS = 100
CHUNK = 20_000
CATEGORIES = (("Sports", "Golf"), ("Fashion", "Shoes"), ("Home",), ("Toys", "Models", "Trains"))
# One of so many versions is of one large seller's, and one listing was edited so often.
LARGE, EDITS = 50, 50

CONCLUDED = Concluded(
    says="promote",
    steps=12,
    at=10,
    days=3,
    reviews=24,
    log_e=3.2,
    log_f=-1.0,
    gain=0.05,
    interval=(0.01, 0.1),
    dispersion=1.0,
    champion=(3, 12),
    candidate=(9, 12),
    rechecks=(0, 0, 0),
    newest_decision=0,
)


@dataclass(frozen=True)
class Size:
    """How much a store holds."""

    versions: int
    alerts: int
    sellers: int
    trials: int = 200
    moderators: int = 50
    waiting: int = 40  # alerts a topic


def insert(
    table: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows as fast as the engine can: COPY, or one statement many times."""
    fields = [table._meta.get_field(name) for name in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)
    target = f'"{table._meta.db_table}" ({names})'
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" for _ in fields)
        plain = cursor.connection.cursor()
        plain.executemany(f"INSERT INTO {target} VALUES ({marks})", (_sqlite(r) for r in rows))


def _sqlite(row: Sequence[Any]) -> list[Any]:
    return [
        str(value.replace(tzinfo=None)) if isinstance(value, datetime) else value for value in row
    ]


def fill(size: Size) -> None:
    """Fill a store in which topics are in force."""
    generation = generations.current()
    assert generation is not None
    filler = _Filler(size, generation.number, sorted(generation.manifest.topics))
    filler.people()
    filler.versions()
    filler.alerts()
    filler.trials()
    _tidy()


def tend() -> None:
    """Make all figures that are kept, as the keeper does."""
    while refresh_next():
        pass


def _tidy() -> None:
    tables = [ListingVersion, Alert, Decision, Trial]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # as autovacuum does by itself, a minute later


class _Filler:
    def __init__(self, size: Size, generation: int, topics: list[str]) -> None:
        self.size, self.generation, self.topics = size, generation, topics
        self.now = timezone.now()
        self.random = np.random.default_rng(3)
        self.users: list[int] = []

    def at(self, number: int) -> datetime:
        """Give when a version came: the last one now."""
        share = (self.size.versions - number) / self.size.versions
        return self.now - timedelta(days=DAYS * share, seconds=1)

    def people(self) -> None:
        """Make the moderators."""
        names = [f"moderator-{i}" for i in range(self.size.moderators)]
        User.objects.bulk_create(User(username=name, password="!") for name in names)
        self.users = list(User.objects.filter(username__in=names).values_list("pk", flat=True))

    def versions(self) -> None:
        """Write listing versions with their scores."""
        columns = ("id", "listing_id", "version", "seller_id", "payload", "received_at", "state",
                   "attempts", "error")  # fmt: skip
        rows = (self._version(n) for n in range(1, self.size.versions + 1))
        for chunk in _chunks(rows):
            insert(ListingVersion, columns, chunk)
        columns = ("listing_version", "generation", "day", "scored_at", "scores", "model_scores",
                   "rule_scores", "refined", "in_canary", "rule_hits", "picture_text")  # fmt: skip
        for chunk in _chunks(self._scores()):
            insert(Score, columns, chunk)

    def _version(self, n: int) -> tuple[Any, ...]:
        listing = "edited" if n <= EDITS else f"L{n}"
        seller = "large" if n % LARGE == 0 else f"s{n % self.size.sellers}"
        payload = {
            "id": listing,
            "version": n,
            "seller_id": seller,
            "title": f"a cup of the kind {n % 997}",
            "description": "a plain description of a thing that was used a little " * 4,
            "price_minor": 500 + 37 * (n % 499),
            "currency": "JPY",
            "category": CATEGORIES[n % len(CATEGORIES)],
        }
        return (n, listing, n, seller, json.dumps(payload), self.at(n), int(State.SCORED), 0, "")

    def _scores(self) -> Iterator[tuple[Any, ...]]:
        topics = len(self.topics)
        packed = self.random.beta(1, 30, (512, topics)).astype("<f4")
        asked = b"\x01"  # one topic has a model
        nothing = np.full(topics, np.nan, "<f4").tobytes()
        for n in range(1, self.size.versions + 1):
            hits = json.dumps([f"{self.topic_of(n)}/word"] if n % 3 == 0 else [])
            score = packed[n % 512].tobytes()
            at = self.at(n)
            own = (score, score[:4], nothing, asked, b"", hits, "")
            yield (n, self.generation, at.date(), at, *own)

    def topic_of(self, n: int) -> str:
        """Give the topic for which a version is put before moderators."""
        return self.topics[n % len(self.topics)]

    def alerts(self) -> None:
        """Write decided alerts over all days, some undone and some judged twice, and open ones."""
        alerts: list[tuple[Any, ...]] = []
        decisions: list[tuple[Any, ...]] = []
        every = self.size.versions / self.size.alerts
        for i in range(self.size.alerts):
            self._case(alerts, decisions, i, 1 + int(i * every))
        last = alerts[-1][0]
        taken = {(n, topic, purpose) for _, n, topic, _, _, purpose, *_ in alerts}
        wanted = self.size.waiting * len(self.topics)
        for i in range(min(wanted, self.size.versions - 1)):
            n = self.size.versions - i
            topic = self.topics[i % len(self.topics)]
            purpose = Purpose.SECOND if i % 40 == 0 else Purpose.EXPLORATION
            if (n, topic, purpose) in taken:
                continue
            values = (last + 1 + i, n, topic, self.now.date(), "open")
            alerts.append((*values, purpose, 0.4, 0.4 + i / 1e6, 0.01, self.now))
        columns = ("id", "listing_version", "topic", "day", "state", "purpose", "score",
                   "priority", "probability", "created_at")  # fmt: skip
        insert(Alert, columns, alerts)
        columns = ("id", "alert", "moderator", "verdict", "policy_version", "generation",
                   "decided_at", "seconds", "replaces")  # fmt: skip
        insert(Decision, columns, decisions)
        self._volumes()
        self._golden()

    def _volumes(self) -> None:
        for day in range(DAYS):
            DayVolume.objects.create(
                scorer=0,
                day=self.now.date() - timedelta(days=day),
                listings=self.size.versions // DAYS,
                rule_listings=dict.fromkeys(self.topics, self.size.versions // DAYS // 80),
                seconds=9.0,
            )

    def _golden(self) -> None:
        GoldenItem.objects.bulk_create(
            GoldenItem(
                listing_version_id=1 + i,
                topic=self.topics[i % len(self.topics)],
                expected=Verdict.VIOLATES,
                actor="bench",
                reason="clear",
                added_at=self.now,
            )
            for i in range(min(50, self.size.versions))
        )

    def _case(self, alerts: list[Any], decisions: list[Any], i: int, n: int) -> None:
        topic, at = self.topics[i % len(self.topics)], self.at(n)
        verdict = Verdict.VIOLATES if i % 3 == 0 else Verdict.DOES_NOT_VIOLATE
        explored = i % 20 == 7
        purpose = Purpose.EXPLORATION if explored else Purpose.TOP_K
        chance = 0.01 if explored else None
        number, who = len(alerts) + 1, i % len(self.users)
        alerts.append((number, n, topic, at.date(), "decided", purpose, 0.5, 0.5, chance, at))

        def decide(alert: int, who: int, said: str, replaces: int | None = None) -> int:
            own = len(decisions) + 1
            person = self.users[who % len(self.users)]
            decisions.append((own, alert, person, said, 1, self.generation, at, 9.0, replaces))
            return own

        first = decide(number, who, verdict)
        if i % 20 == 3:  # taken back and said anew
            decide(number, who, Verdict.UNDONE, first)
            decide(number, who, verdict)
        if i % 20 == 11:  # judged a second time, sometimes otherwise
            again = (number + 1, n, topic, at.date(), "decided", Purpose.SECOND, 0.5, 0.5, None, at)
            alerts.append(again)
            decide(number + 1, who + 1, Verdict.VIOLATES if i % 100 == 11 else verdict)

    def trials(self) -> None:
        """Write ended trials of a year, and one that runs, with looks, items and events."""
        for i in range(self.size.trials):
            running = i == self.size.trials - 1
            self._trial(i, running)

    def _trial(self, i: int, running: bool) -> None:
        trial = Trial.objects.create(
            kind=Kind.BACKTEST if i % 2 else Kind.EXPERIMENT,
            topic=self.topics[i % len(self.topics)],
            champion="",
            candidate=f"candidate-{i}",
            generation_id=self.generation,
            design={
                "alpha": 0.05,
                "beta": 0.1,
                "smallest_gain": 0.03,
                "mode": "safe",
                "capacity": 50,
                "minimum_days": 3,
            },
            state=TrialState.RUNNING if running else TrialState.ENDED,
            outcome="" if running else Outcome.PROMOTE,
            created_at=self.now - timedelta(days=i),
            actor="bench",
            reason="bench",
        )
        TrialEvent.objects.create(trial=trial, at=self.now, kind="started", actor="bench", body={})
        if not running:
            TrialEvent.objects.create(
                trial=trial, at=self.now, kind="ended", actor="bench", body=CONCLUDED.plain()
            )
        looks = 20 if not running else 2_000
        TrialLook.objects.bulk_create(
            TrialLook(trial=trial, at=self.now, steps=s, reviews=2 * s, log_e=s / 900,
                      log_f=s / 2_000, low=-0.1, high=0.2)
            for s in range(1, looks + 1)
        )  # fmt: skip
        if running:
            self._items(trial)

    def _items(self, trial: Trial) -> None:
        round_ = TrialRound.objects.create(
            trial=trial, start=self.now - timedelta(days=1), end=self.now, listings=10_000,
            shared=20, differing=30, capacity=50,
        )  # fmt: skip
        decided = Alert.objects.filter(
            topic=trial.topic, state=AlertState.DECIDED, purpose=Purpose.TOP_K
        )
        rows = decided.order_by("pk").values_list("pk", "listing_version_id")[:4_000]
        TrialItem.objects.bulk_create(
            TrialItem(trial=trial, round=round_, step=1 + i // 2, rank=1,
                      role=Role.CANDIDATE if i % 2 else Role.CHAMPION,
                      listing_version_id=version, alert_id=alert)
            for i, (alert, version) in enumerate(rows)
        )  # fmt: skip


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
