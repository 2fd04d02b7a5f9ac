"""The list of a topic with a second stage, along the path that the service takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.acting import TESTS
from tests.remote.server import Model, hangs
from tests.service.second_stage.world import (
    Stage,
    answers_well,
    answers_wrongly,
    ask,
    ids,
    listing,
    merge,
    open_alerts,
    questions,
    submit,
)

from mimawari.detectors.second_stage.weighing import Weights
from mimawari.records.deployment import Slot
from mimawari.service.admission import admitter
from mimawari.service.admission.models import Alert, AlertState, Place, Question
from mimawari.service.platform import clock
from mimawari.service.scoring.models import Candidate, CandidateState
from mimawari.service.second_stage.asker import Asker
from mimawari.service.second_stage.putting import withdraw_stage

pytestmark = pytest.mark.django_db(transaction=True)
Put = Callable[..., Stage]


def test_what_is_among_the_best_waits_and_the_answer_orders_it(stage: Put) -> None:
    stage(m=2)
    # .5 with a yes is about .62, and comes before .6 with a no, about .48.
    submit(listing(1, 6), listing(2, 5, yes=True), listing(3, 5), listing(4, 1, yes=True))
    merge()
    assert open_alerts() == []  # all four wait: m x K is 6
    assert set(Candidate.objects.values_list("state", flat=True)) == {CandidateState.HELD}
    ask()
    merge()
    assert open_alerts() == ids([2, 1, 3])
    row = questions()["L2"]
    assert row.rank == pytest.approx(Weights().apply([0.5], [100])[0])
    assert row.answer.clauses == {"guns": 100, "knives": 0}


def test_nothing_outside_of_the_best_m_times_k_comes_in(stage: Put) -> None:
    stage(m=1)
    submit(*(listing(n, 6) for n in (1, 2, 3)), *(listing(n, 5, yes=True) for n in (4, 5)))
    merge()
    ask()
    merge()
    assert sorted(open_alerts()) == ids([1, 2, 3])
    assert set(questions()) == set(ids([1, 2, 3]))


@pytest.mark.parametrize("seed", range(6))
def test_the_list_is_that_of_all_at_once_whatever_came_when(
    stage: Put, model: Model, seed: int
) -> None:
    """Against a naive oracle: best m x K by score, then best K by rank."""
    stage(m=2, concurrency=1)
    random = np.random.default_rng(seed)
    model.reply = answers_wrongly if seed % 2 else answers_well
    everything = [
        listing(n, int(random.integers(1, 10)), yes=bool(random.integers(2))) for n in range(24)
    ]
    for first in range(0, 24, 4):
        submit(*everything[first : first + 4])
        for _ in range(int(random.integers(0, 3))):
            (merge, ask)[int(random.integers(2))]()
    merge()
    ask()
    merge()
    scores = {f"L{n}": int(one.title[3]) / 10 for n, one in enumerate(everything)}
    yes = {f"L{n}": (", yes" in one.title) != bool(seed % 2) for n, one in enumerate(everything)}
    pool = sorted(scores, key=lambda key: (scores[key], _tie(key)), reverse=True)[:6]
    ranks = {key: Weights().apply([scores[key]], [100 * yes[key]])[0] for key in pool}
    wanted = sorted(pool, key=lambda key: (ranks[key], _tie(key)), reverse=True)[:3]
    assert sorted(open_alerts()) == sorted(wanted)


def _tie(key: str) -> str:
    from mimawari.alerts.ties import tie_break

    return tie_break(key)


def test_an_endpoint_that_stalls_delays_nothing_beyond_the_wait(
    stage: Put, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(wait_seconds=60, timeout_seconds=0.1)
    model.reply = hangs
    submit(listing(1, 6), listing(2, 5, yes=True))
    began = clock.database_now()
    merge()
    asker = Asker(key="")
    while not any(
        row.answer.attempts >= 1 for row in Question.objects.filter(answer__isnull=False)
    ):
        asker.turn()
    for seconds, wanted in ((59, []), (61, ids([1, 2]))):
        at = began + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "database_now", lambda at=at: at)
        merge()
        assert open_alerts() == wanted
    asker.ended()


def test_an_answer_that_comes_late_still_orders(
    stage: Put, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(m=2, wait_seconds=0)
    submit(*(listing(n, 6) for n in (1, 2, 3)), listing(4, 6, yes=True))
    merge()
    assert len(open_alerts()) == 3
    left_out = (set(ids([1, 2, 3, 4])) - set(open_alerts())).pop()
    ask()
    merge()
    after = open_alerts()
    assert len(after) == 3
    assert after[0] == "L4"
    assert left_out in ("L4", *ids([1, 2, 3]))


def test_what_was_displaced_comes_back_once_its_answer_speaks_for_it(stage: Put) -> None:
    stage(m=2, wait_seconds=0)
    submit(*(listing(n, 5, yes=True) for n in (1, 2, 3)))
    merge()
    submit(*(listing(n, 6) for n in (4, 5, 6)))
    merge()
    assert sorted(open_alerts()) == ids([4, 5, 6])
    ask()
    merge()
    assert sorted(open_alerts()) == ids([1, 2, 3])
    assert Alert.objects.count() == 6  # opened again, and no second one made
    states = Candidate.objects.values_list("listing_version__listing_id", "state")
    assert {name for name, state in states if state == CandidateState.ADMITTED} == set(
        ids([1, 2, 3])
    )


def test_a_shadow_is_asked_and_nothing_follows(stage: Put) -> None:
    stage(slot=Slot.SHADOW, m=2)
    submit(listing(1, 6), listing(2, 5, yes=True), listing(3, 4), listing(4, 3, yes=True))
    merge()
    assert open_alerts() == ids([1, 2, 3])  # at once
    ask()
    merge()
    assert open_alerts() == ids([1, 2, 3])
    assert {row.answer.violates for row in questions().values()} == {0, 100}


def test_what_is_decided_or_held_keeps_its_place(stage: Put) -> None:
    stage(m=2, wait_seconds=0)
    submit(*(listing(n, 5) for n in (1, 2, 3)))
    merge()
    Alert.objects.filter(listing_version__listing_id="L1").update(state=AlertState.DECIDED)
    until = clock.database_now() + timedelta(hours=1)
    Alert.objects.filter(listing_version__listing_id="L2").update(leased_until=until)
    submit(*(listing(n, 5, yes=True) for n in (4, 5, 6)))
    merge()
    ask()
    merge()
    alerts = Alert.objects.filter(state__in=(AlertState.OPEN, AlertState.DECIDED))
    there = set(alerts.values_list("listing_version__listing_id", flat=True))
    assert len(there) == 3
    assert {"L1", "L2"} <= there
    assert there & set(ids([4, 5, 6]))


def test_an_edit_and_an_ending_take_a_question_out(stage: Put) -> None:
    stage(m=1)
    submit(listing(1, 6, yes=True), listing(2, 5), listing(3, 4))
    merge()
    submit(listing(1, 5, version=2))
    merge()
    ask()
    merge()
    assert sorted(open_alerts()) == ids([1, 2, 3])
    old = Question.objects.get(listing_version__listing_id="L1", listing_version__version=1)
    assert (old.place, old.awaits) == (Place.OUT, False)
    assert not hasattr(old, "answer")


def test_a_policy_that_says_something_else_takes_the_stage_out_of_force(
    stage: Put, topic: Path, model: Model
) -> None:
    stage(m=2)
    submit(listing(1, 6), listing(2, 5, yes=True))
    merge()
    ask()
    from tests.service.second_stage.world import write_topic

    from mimawari.service.releases import generations
    from mimawari.service.releases.activating import activate_topic_file

    write_topic(topic.parent, capacity=2)
    activate_topic_file(topic, TESTS, "another K")
    kept = generations.entry_in_force("weapons")
    assert kept is not None
    assert kept.stage is not None
    write_topic(topic.parent, policy="No weapons, and no toys.")
    activate_topic_file(topic, TESTS, "another policy")
    changed = generations.entry_in_force("weapons")
    assert changed is not None
    assert changed.stage is None
    merge()
    assert open_alerts() == ids([1, 2])  # the first stage stands


def test_withdrawn_nothing_waits_any_more(stage: Put) -> None:
    stage(m=2)
    submit(listing(1, 6), listing(2, 5))
    merge()
    assert open_alerts() == []
    withdraw_stage("weapons", TESTS, "enough")
    merge()
    assert open_alerts() == ids([1, 2])


def test_withdrawn_the_queue_is_ordered_by_score_again(stage: Put) -> None:
    stage(m=2)
    submit(listing(1, 6), listing(2, 5, yes=True))
    merge()
    ask()
    running = admitter.Admitter()
    running.turn()
    assert open_alerts() == ids([2, 1])
    withdraw_stage("weapons", TESTS, "enough")
    running.turn()
    assert open_alerts() == ids([1, 2])


def test_a_stage_put_in_force_during_a_day_asks_about_the_list_that_is_there(
    topic: Path, stage: Put
) -> None:
    submit(*(listing(n, 5) for n in (1, 2, 3)), listing(4, 6, yes=True), listing(5, 4, yes=True))
    merge()
    assert len(open_alerts()) == 3
    stage(m=2)
    merge()
    assert len(open_alerts()) == 3  # nothing is taken away to wait
    ask()
    merge()
    assert open_alerts()[0] == "L4"
    assert "L4" in questions()


def test_the_admitter_begins_where_another_was_stopped(stage: Put) -> None:
    stage(m=2)
    submit(listing(1, 6, yes=True))
    admitter.Admitter().turn()
    ask()
    admitter.Admitter().turn()
    assert open_alerts() == ids([1])
