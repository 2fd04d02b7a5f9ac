"""Whoever asks: leases, budget, breaker, cache, what is erased or edited meanwhile, weights."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from tests.acting import TESTS
from tests.remote.server import Handler, Listings, Model, fails, hangs, says
from tests.service.second_stage.world import (
    answers_well,
    ask,
    ids,
    listing,
    merge,
    open_alerts,
    questions,
    submit,
    verdicts,
)

from mimawari.records.deployment import Slot
from mimawari.service.admission.models import (
    Alert,
    AlertState,
    Answer,
    AnswerState,
    Place,
    Question,
    StageDay,
    StageHealth,
    StageWeights,
)
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision
from mimawari.service.second_stage import breaker
from mimawari.service.second_stage.asker import Asker
from mimawari.service.second_stage.learning import learn_weights
from mimawari.service.second_stage.leasing import take
from mimawari.service.second_stage.worth import stage_worth

pytestmark = pytest.mark.django_db(transaction=True)
Put = Callable[..., object]
At = Callable[[float], datetime]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock so many seconds from when the test began."""
    began = clock.database_now()

    def move(seconds: float) -> datetime:
        now = began + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "database_now", lambda: now)
        return now

    return move


def titles(model: Model) -> Counter[str]:
    """Count how often each listing was asked about."""
    shown = [model.listings(i) for i in range(len(model.bodies))]
    return Counter(one["title"] for group in shown for one in group)


def stage_in_force() -> object:
    entry = generations.entry_in_force("weapons")
    assert entry is not None
    return entry.stage


@pytest.mark.parametrize("per_request", [1, 4])
def test_workers_share_the_questions_and_ask_none_twice(
    stage: Put, model: Model, per_request: int
) -> None:
    stage(m=10, per_request=per_request, concurrency=3)
    submit(*(listing(n, 1 + n % 9, yes=n % 2 == 0) for n in range(30)))
    merge()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            ask()
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not problems
    asked = titles(model)
    assert len(asked) == 30
    assert set(asked.values()) == {1}
    assert set(Answer.objects.values_list("state", flat=True)) == {AnswerState.ANSWERED}
    assert StageDay.objects.get().listings == 30


def test_what_a_killed_worker_had_taken_is_asked_once_its_lease_is_over(
    stage: Put, model: Model, at: At
) -> None:
    stage(timeout_seconds=5)
    submit(listing(1, 6), listing(2, 5))
    merge()
    now = at(0)
    assert len(take("weapons", stage_in_force(), 10, now).taken) == 2  # type: ignore[arg-type]
    ask()
    assert not model.bodies  # leased: nobody else asks
    at(16)  # 5 s for the request, 10 s to spare
    ask()
    assert set(titles(model).values()) == {1}
    assert set(Answer.objects.values_list("state", "attempts")) == {(AnswerState.ANSWERED, 2)}


def test_a_clock_that_goes_back_holds_nothing_up(stage: Put, model: Model, at: At) -> None:
    stage(wait_seconds=60)
    at(0)
    submit(listing(1, 6))
    merge()
    take("weapons", stage_in_force(), 10, clock.database_now())  # type: ignore[arg-type]
    assert open_alerts() == []
    at(-5 if timezone.now().hour or timezone.now().minute else 0)
    merge()
    assert open_alerts() == ids([1])
    ask()
    assert len(model.bodies) == 1  # a lease from the future holds nobody up


def test_the_day_s_budget_is_kept_to_the_listing(stage: Put, model: Model) -> None:
    stage(m=10, listings_a_day=4, concurrency=3)
    submit(*(listing(n, 1 + n % 9) for n in range(12)))
    merge()
    ask()
    assert len(model.bodies) == 4
    asked = {int(title[3]) for title in titles(model)}
    assert asked == {6, 7, 8, 9}  # the highest scores first
    merge()
    assert not Question.objects.filter(place=Place.HELD).exists()  # no answer will come
    assert len(open_alerts()) == 3
    submit(listing(99, 9))
    merge()
    assert questions()["L99"].unasked == "budget"
    assert "L99" in open_alerts()  # it does not wait for what will not come


def test_tokens_and_money_are_budgets_too(stage: Put, model: Model) -> None:
    # Each answer takes 100 tokens in and 10 out.
    stage(m=10, concurrency=1, money_a_day=0.00025, input_price=1.0, output_price=2.0)
    submit(*(listing(n, 5) for n in range(9)))
    merge()
    ask()
    assert len(model.bodies) == 3  # .00012 each: spent after the third
    row = StageDay.objects.get()
    assert (row.input_tokens, row.output_tokens) == (300, 30)


def test_with_a_budget_only_what_would_have_been_among_yesterday_s_best_is_asked(
    stage: Put, model: Model
) -> None:
    from mimawari.service.scoring.models import DayList

    stage(m=2, listings_a_day=6)
    yesterday = clock.database_now().date() - timedelta(days=1)
    DayList.objects.create(topic="weapons", day=yesterday, floor=0.5, pool_floor=0.5)
    submit(listing(1, 4), listing(2, 6), listing(3, 3))
    merge()
    ask()
    assert [question.unasked for _, question in sorted(questions().items())] == [
        "below",
        "",
        "below",
    ]
    merge()
    assert len(open_alerts()) == 3


def test_the_same_content_is_asked_about_once(stage: Put, model: Model) -> None:
    stage(m=5)
    same = {"title": "a w6 pistol, yes"}
    submit(*(listing(n, 6, **same) for n in (1, 2, 3)))
    merge()
    ask()
    submit(listing(4, 6, **same))
    merge()
    ask()
    assert len(model.bodies) == 1
    assert StageDay.objects.get().listings == 1
    assert [row.answer.violates for row in questions().values()] == [100] * 4
    assert Answer.objects.filter(cached=True).count() == 3


def test_the_breaker_opens_holds_nothing_and_closes_again(stage: Put, model: Model, at: At) -> None:
    stage(m=10, concurrency=1, wait_seconds=60)
    model.reply = fails(500)
    at(0)
    submit(*(listing(n, 5) for n in range(8)))
    merge()
    asker = Asker(key="")
    for _ in range(20):
        asker.turn()
    assert len(model.bodies) == breaker.OPENS_AT
    assert StageHealth.objects.get().problem.startswith("the endpoint answered 500")
    submit(listing(50, 9))
    merge()
    assert "L50" in open_alerts()  # it is away: nothing is held for it
    model.reply = answers_well
    at(6)
    ask(asker)
    assert StageHealth.objects.get().failures == 0
    states = Counter(Answer.objects.values_list("state", flat=True))
    assert states == {AnswerState.FAILED: 1, AnswerState.ANSWERED: 8}  # one was tried three times


def test_answers_that_cannot_be_read_are_none(stage: Put, model: Model) -> None:
    stage(m=5)
    model.reply = says('Sure! {"answers": []}')
    submit(listing(1, 6), listing(2, 5, yes=True))
    merge()
    ask()
    merge()
    assert open_alerts() == ids([1, 2])  # at once, by the first stage
    assert set(Answer.objects.values_list("state", flat=True)) == {AnswerState.FAILED}
    assert len(model.bodies) == 2  # not asked for ever


def test_one_listing_that_spoils_an_answer_spoils_its_own_only(stage: Put, model: Model) -> None:
    stage(m=5, per_request=3)

    def spoilt(request: Handler, listings: Listings) -> None:
        if any("w9" in one["title"] for one in listings):
            says("no JSON")(request, listings)
        else:
            answers_well(request, listings)

    model.reply = spoilt
    submit(listing(1, 9), listing(2, 5, yes=True), listing(3, 4))
    merge()
    ask()
    states = {key: row.answer.state for key, row in questions().items()}
    assert states == {
        "L1": AnswerState.FAILED,
        "L2": AnswerState.ANSWERED,
        "L3": AnswerState.ANSWERED,
    }


def test_a_listing_that_is_edited_while_it_is_asked_about_changes_nothing(
    stage: Put, model: Model
) -> None:
    stage(m=2)
    asked = threading.Event()
    goes_on = threading.Event()

    def late(request: Handler, listings: Listings) -> None:
        asked.set()
        goes_on.wait(20)
        answers_well(request, listings)

    model.script.append(late)
    submit(listing(1, 5, yes=True), listing(2, 3))
    merge()
    asker = Asker(key="")
    asker.turn()
    assert asked.wait(20)
    submit(listing(1, 4, version=2))
    merge()
    goes_on.set()
    ask(asker)
    merge()
    newest = Alert.objects.filter(state=AlertState.OPEN, listing_version__listing_id="L1")
    assert [alert.listing_version.version for alert in newest] == [2]


def test_a_seller_erased_while_asked_about_leaves_nothing(stage: Put, model: Model) -> None:
    stage(m=3)
    submit(listing(1, 6, yes=True), listing(2, 5))
    merge()
    ask()
    held, goes_on = threading.Event(), threading.Event()

    def late(request: Handler, listings: Listings) -> None:
        held.set()
        goes_on.wait(20)
        answers_well(request, listings)

    model.script.append(late)
    submit(listing(3, 7, yes=True, seller_id="s1"))
    merge()
    asker = Asker(key="")
    asker.turn()
    assert held.wait(20)
    tally = erase_seller("s1", TESTS, "asked for")
    assert tally.questions == 2
    goes_on.set()
    ask(asker)
    merge()
    erased = Answer.objects.filter(listing_version__seller_id="")
    assert erased.count() == 2
    assert set(erased.values_list("key", "why")) == {("", "")}
    assert open_alerts() == ids([2])
    assert all("w6" not in row.why for row in Answer.objects.all() if row.question_id)
    # The same text of somebody else is asked about anew: nothing of the erased one is kept.
    model.bodies.clear()
    submit(listing(1, 6, yes=True, id="L9", seller_id="other"))
    merge()
    ask()
    assert len(model.bodies) == 1


def test_decisions_teach_what_answers_are_worth(stage: Put, model: Model) -> None:
    stage(m=20)
    submit(*(listing(n, 5, yes=n % 2 == 0) for n in range(40)))
    merge()
    ask()
    merge()
    assert not learn_weights()  # nothing decided yet: the stated default holds
    anna = User.objects.create_user("anna")
    now = timezone.now()
    for version in ListingVersion.objects.order_by("pk"):
        number = int(version.listing_id[1:])
        alert, _ = Alert.objects.get_or_create(
            listing_version=version,
            topic="weapons",
            purpose="top_k",
            defaults={
                "day": now.date(), "score": 0.5, "priority": 0.5, "created_at": now
            },
        )  # fmt: skip
        Alert.objects.filter(pk=alert.pk).update(state=AlertState.DECIDED)
        Decision.objects.create(
            alert=alert,
            moderator=anna,
            verdict="violates" if number % 2 == 0 else "does_not_violate",
            policy_version=1,
            generation=generations.current(),
            decided_at=now,
            seconds=1.0,
        )
    assert learn_weights() == 1
    assert not learn_weights()  # nothing new
    row = StageWeights.objects.get()
    assert (row.decisions, row.violations) == (40, 20)
    assert row.weight > 1.5
    measured = stage_worth("weapons", 1, TESTS)
    assert measured is not None
    assert measured.asked == 40
    assert (measured.input_tokens, measured.output_tokens) == (4_000, 400)


def test_a_case_that_fails_keeps_a_stage_out_of_force_and_an_override_is_kept(
    stage: Put, model: Model
) -> None:
    from mimawari.errors import InvalidInputError

    def blind(request: Handler, listings: Listings) -> None:
        from tests.service.second_stage.world import reply_of

        answers = verdicts(listings)
        for answer in answers:
            answer["clauses"]["knives"] = 0
        request.answer(reply_of(answers))

    model.reply = blind
    with pytest.raises(InvalidInputError, match=r"fixed blade.* must be found to violate knives"):
        stage()
    assert stage_in_force() is None
    stage(override="knives are the rules' part", slot=Slot.SHADOW)
    newest = generations.current()
    assert newest is not None
    change = newest.changes.get()
    assert change.what == ["second_stage"]
    assert change.evidence["override"] == "knives are the rules' part"
    assert len(change.evidence["failing"]) == 1
    assert newest.actor == TESTS.name


def test_a_stalling_endpoint_is_left_when_the_process_ends(stage: Put, model: Model) -> None:
    stage(concurrency=1, timeout_seconds=30)
    model.reply = hangs
    submit(listing(1, 6))
    merge()
    asker = Asker(key="")
    asker.turn()
    asker.ended()
    row = Answer.objects.get()
    assert row.leased_until <= clock.database_now()  # the next one need not wait
    assert Question.objects.get().awaits


def test_the_history_says_why_it_was_ranked_where_it_was(stage: Put) -> None:
    from mimawari.service.review.listing_history import history_of

    stage(m=2)
    submit(listing(1, 5, yes=True))
    merge()
    ask()
    merge()
    known = history_of("L1")
    assert known is not None
    (rank,) = known.versions[0].second_stage
    assert (rank.place, rank.clauses) == ("ranked", {"guns": 100, "knives": 0})
    assert rank.rank is not None
    assert rank.rank > rank.score
