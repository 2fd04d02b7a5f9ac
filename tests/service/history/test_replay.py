"""A back-test reads what left the database, and what it asks about comes back."""

from __future__ import annotations

import pytest
from tests.acting import EVE, TESTS
from tests.service.audit.world import problems, recorded
from tests.service.trials import world
from tests.service.trials.conftest import (  # noqa: F401 (fixtures)
    candidate,
    good,
    market,
    past,
    pasts,
    topics,
    weak,
)

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.audit.sealing import seal_all
from mimawari.service.history.closing import close_day, open_days
from mimawari.service.history.models import ClosedDay
from mimawari.service.intake.models import ListingVersion
from mimawari.service.retention.moving import move
from mimawari.service.scoring.models import Score
from mimawari.service.trials import runner
from mimawari.service.trials.models import Trial, TrialItem, TrialRound, TrialState
from mimawari.service.trials.pool import Pool
from mimawari.service.trials.prepare import prepare
from mimawari.service.trials.replay import _batches, numbers_of, replay
from mimawari.service.trials.trials import start_backtest

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = {"window_days": 14, "seed": 3}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> world.Clock:
    """Give the clock of the service, as the market has it."""
    clock = world.Clock()
    world.told_time(monkeypatch, clock)
    return clock


def move_all(clock: world.Clock) -> int:
    """Close every day that is over and move its rows."""
    seal_all()
    for day in open_days(clock.now.date()):
        close_day(day, TESTS, "over")
    return sum(move(row, TESTS, "over").versions for row in ClosedDay.objects.filter(edition=1))


def items() -> list[tuple[object, ...]]:
    rows = TrialItem.objects.order_by("step", "role", "rank")
    return list(rows.values_list("step", "role", "rank", "listing_version_id", "known_label"))


def test_a_replay_reads_both(past: world.Market, candidate: str) -> None:  # noqa: F811
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)

    def read() -> tuple[object, ...]:
        pool = Pool(10_000)
        span = numbers_of(world.START, past.clock.now)
        replay(trial, *span, lambda _: pool)
        rows = [row for batch in _batches(*span) for row in batch]
        return span, rows, pool.versions, pool.champion.tolist(), pool.candidate.tolist()

    with pytest.raises(InvalidInputError, match="is reading stored listings"):
        move_all(past.clock)
    before = read()
    Trial.objects.update(state=TrialState.ENDED)
    assert move_all(past.clock) > 100
    assert read() == before


def test_what_a_back_test_asks_about_comes_back(
    past: world.Market,  # noqa: F811
    candidate: str,  # noqa: F811
) -> None:
    start_backtest(world.TOPIC, candidate, EVE, "why", mode="fresh", **WINDOW)
    runner.advance()
    expected = items()
    assert expected
    # The same trial again, as if it had not been prepared.
    TrialItem.objects.all().delete()
    Alert.objects.filter(purpose=Purpose.TRIAL).delete()
    TrialRound.objects.all().delete()
    Trial.objects.update(state=TrialState.ENDED)
    stored = dict(Score.objects.values_list("pk", "scores"))
    assert move_all(past.clock) > 100
    gone = stored.keys() - set(ListingVersion.objects.values_list("pk", flat=True))
    Trial.objects.update(state=TrialState.PREPARING)
    prepare(Trial.objects.get())
    assert items() == expected
    back = set(
        TrialItem.objects.exclude(listing_version=None).values_list("listing_version", flat=True)
    )
    assert back & gone, "some had left"
    for number in back:
        assert bytes(Score.objects.get(pk=number).scores) == bytes(stored[number])
    told = sum(event["details"]["versions"] for event in recorded("brought_back"))
    assert told == len(back & gone)
    bulk = ("intake", "scoring", "batch")  # the market makes accounts and alerts by hand
    assert [text for text in problems() if text.startswith(bulk)] == []
