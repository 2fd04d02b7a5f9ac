"""Two days of the service: the first in shadow, decided and learnt from; the second ranked."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from bench.lifecycle.second_stage.judge import number_of
from bench.lifecycle.second_stage.market import Day, levels, name, topic_text, word
from mimawari.records.principal import Principal

BENCH = Principal.operator("bench")
BATCHES = 20
STAGE = """
topic = "{topic}"
[stage]
base_url = "{url}"
model = "{topic}"
m = {m}
listings_a_day = {budget}
wait_seconds = {wait}
per_request = 8
concurrency = 8
timeout_seconds = 30
input_price = 0.1
output_price = 0.5
[[cases]]
clause = "policy"
must = ["a case {yes}"]
must_not = ["a case {no}"]
"""


def put_topics(topics: int, k: int) -> None:
    """Put topics in force whose rules score as the market's levels say."""
    from mimawari.service.releases.activating import activate_precisions, activate_topic_files

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{name(t)}.toml") for t in range(topics)]
        for topic, path in enumerate(paths):
            path.write_text(topic_text(topic, k), "utf-8")
        activate_topic_files(paths, BENCH, "bench")
    scores = levels()
    precisions = {
        f"{name(t)}/{word(t, at)}": float(score)
        for t in range(topics)
        for at, score in enumerate(scores)
    }
    activate_precisions(precisions, BENCH, "bench")


def run_day(day: Day, url: str, terms: dict[str, Any], slot: str) -> None:
    """Let a day's listings come, be scored, asked about and admitted, batch by batch."""
    from mimawari.service.admission.admitter import Admitter
    from mimawari.service.intake import log
    from mimawari.service.scoring.scorer import Scorer
    from mimawari.service.second_stage.asker import Asker

    put_stages(day, url, terms, slot)
    scorer, admitter, asker = Scorer(), Admitter(), Asker(key="")
    for numbers in np.array_split(np.arange(day.level.shape[1]), BATCHES):
        log.append([day.listing(int(n)) for n in numbers])
        while scorer.score_batch():
            pass
        for turn in (admitter.turn, asker.turn, admitter.turn):
            while turn():
                pass
    asker.ended()


def put_stages(day: Day, url: str, terms: dict[str, Any], slot: str) -> None:
    """Put the second stage of every topic in force, by its test cases."""
    from mimawari.detectors.second_stage.stage_file import parse_stage
    from mimawari.records.deployment import Slot
    from mimawari.service.second_stage.putting import put_stage

    for topic in range(day.level.shape[0]):
        yes, no = (
            day.first + int(np.flatnonzero(day.answers[topic] == answer)[0])
            for answer in (True, False)
        )
        text = STAGE.format(topic=name(topic), url=url, yes=yes, no=no, **terms)
        put_stage(parse_stage(text), Slot(slot), BENCH, "bench", "")


def decide(day: Day) -> None:
    """Let one moderator say the truth of everything that is open."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from mimawari.service.admission.models import Alert, AlertState
    from mimawari.service.releases import generations
    from mimawari.service.review.models import Decision

    moderator = User.objects.create_user("bench")
    now, generation = timezone.now(), generations.current()
    alerts = list(Alert.objects.filter(state=AlertState.OPEN).select_related("listing_version"))
    Decision.objects.bulk_create(
        Decision(
            alert=alert,
            moderator=moderator,
            verdict="violates" if _violates(alert, day) else "does_not_violate",
            policy_version=1,
            generation=generation,
            decided_at=now,
            seconds=10.0,
        )
        for alert in alerts
    )
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(state=AlertState.DECIDED)


def reached(day: Day, k: int) -> dict[str, Any]:
    """Give what is on the lists: their precision, and how long they are."""
    from mimawari.service.admission.models import Alert, AlertState

    alerts = list(Alert.objects.filter(state=AlertState.OPEN).select_related("listing_version"))
    counts = [sum(alert.topic == name(t) for alert in alerts) for t in range(len(day.level))]
    return {
        "precision": float(np.mean([_violates(alert, day) for alert in alerts])),
        "listed": len(alerts),
        "longest_list": max(counts),
        "shortest_list": min(counts),
        "k": k,
    }


def asked(day: datetime) -> dict[str, Any]:
    """Give what the day's questions came to."""
    from django.db.models import Sum

    from mimawari.service.admission.models import Question, StageDay

    spent = StageDay.objects.filter(day=day.date())
    total = spent.aggregate(n=Sum("listings"), t=Sum("input_tokens"), s=Sum("seconds"))
    questions = Question.objects.filter(day=day.date())
    return {
        "listings": total["n"],
        "input_tokens": total["t"],
        "endpoint_seconds": total["s"],
        "unasked_below": questions.filter(unasked="below").count(),
        "unasked_budget": questions.filter(unasked="budget").count(),
    }


def longest_delay(day: Day, url: str, terms: dict[str, Any]) -> float:
    """Give the longest time from the best m x K into the queue while the endpoint stalls, seconds.

    The admitter and the asker run as they do in their process: each in a thread of its own.
    """
    from django.db.models import F, Max

    from mimawari.service.admission.admitter import Admitter
    from mimawari.service.admission.models import Alert
    from mimawari.service.intake import log
    from mimawari.service.platform import clock
    from mimawari.service.scoring.scorer import Scorer
    from mimawari.service.second_stage.asker import Asker

    # The same address answers nobody any more: a listener that accepts and says nothing.
    port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", port), backlog=1_000):
        before = clock.database_now()
        admitter = Admitter()
        loops = [admitter, Asker(on_answered=admitter.wake.set, key="")]
        threads = [threading.Thread(target=loop.run) for loop in loops]
        for thread in threads:
            thread.start()
        log.append([day.listing(n) for n in range(day.level.shape[1])])
        scorer = Scorer()
        while scorer.score_batch():
            pass
        questions = Alert.objects.filter(created_at__gte=before)
        until = time.monotonic() + 20 * terms["wait"] + 60
        while _held(before) and time.monotonic() < until:
            time.sleep(0.2)
        for loop in loops:
            loop.stop()
        for thread in threads:
            thread.join()
    if _held(before):
        raise RuntimeError("something still waits")
    began = F("listing_version__questions__created_at")
    rows = questions.filter(
        listing_version__questions__topic=F("topic"),
        listing_version__questions__created_at__gte=before,
    )
    longest = rows.aggregate(longest=Max(F("created_at") - began))["longest"]
    assert isinstance(longest, timedelta)
    return longest.total_seconds()


def _held(since: datetime) -> bool:
    from mimawari.service.admission.models import Place, Question
    from mimawari.service.scoring.models import Candidate, CandidateState

    waiting = Candidate.objects.filter(state=CandidateState.WAITING)
    held = Question.objects.filter(place=Place.HELD, created_at__gte=since)
    return held.exists() or waiting.exists()


def _violates(alert: Any, day: Day) -> bool:  # noqa: ANN401  # Django is set up later
    import msgspec

    from mimawari.listings.listing import Listing

    title = msgspec.json.decode(alert.listing_version.payload, type=Listing).title
    topic = int(alert.topic.rpartition("_")[2])
    return bool(day.truth[topic, number_of(title) - day.first])


def later(days: int) -> Any:  # noqa: ANN401  # a patch
    """Let the database's clock be so many days ahead."""
    from django.utils import timezone

    from mimawari.service.platform import clock

    return patch.object(clock, "database_now", lambda: timezone.now() + timedelta(days=days))
