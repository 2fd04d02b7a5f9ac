"""An admitter killed while it asks, and what reading a listing's questions costs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.remote.server import Handler, Listings, Model
from tests.service.flows.conftest import as_process
from tests.service.second_stage.world import (
    Stage,
    answers_well,
    ask,
    ids,
    listing,
    merge,
    open_alerts,
    submit,
)

from mimawari.service.admission.models import Answer, AnswerState, Question, StageDay
from mimawari.service.platform import clock
from mimawari.service.review.listing_history import history_of

pytestmark = pytest.mark.django_db(transaction=True)
Put = Callable[..., Stage]


def test_an_admitter_killed_while_it_asks_loses_and_doubles_nothing(
    stage: Put, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint kills the process whose request it holds; the next one asks again."""
    stage(timeout_seconds=5, concurrency=1)
    submit(listing(1, 6), listing(2, 5, yes=True))

    def kill(request: Handler, _: Listings) -> None:
        os.kill(process.pid, signal.SIGKILL)
        request.close_connection = True

    model.reply = kill
    with as_process("run", "admitter") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert Question.objects.count() == 2
    assert [answer.state for answer in Answer.objects.all()] == [AnswerState.LEASED]
    assert open_alerts() == []
    model.reply = answers_well
    later = clock.database_now() + timedelta(seconds=30)  # the lease of the dead is over
    monkeypatch.setattr(clock, "database_now", lambda: later)
    ask()
    merge()
    assert open_alerts() == ids([2, 1])
    assert Answer.objects.filter(state=AnswerState.ANSWERED).count() == 2
    assert sum(day.listings for day in StageDay.objects.all()) == 3, "what was paid for counts"


def test_questions_of_many_versions_take_no_more_queries(stage: Put) -> None:
    stage()
    submit(listing(1, 6))
    for version in range(1, 7):
        submit(listing(2, 5, version=version, title=f"a w5 number {version}, no"))
        merge()
        ask()
        merge()
    counts = []
    for name, versions in (("L1", 1), ("L2", 6)):
        with CaptureQueriesContext(connection) as noted:
            history = history_of(name)
        assert history is not None
        assert sum(bool(shown.second_stage) for shown in history.versions) == versions
        counts.append(len(noted))
    assert counts[0] == counts[1]
