"""Several topics at once, dispersion, and evidence made up of steps that are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from tests.acting import EVE, TESTS
from tests.service.conftest import listing
from tests.service.trials import world
from tests.service.working import work

from mimawari.errors import InvalidInputError
from mimawari.evaluation.mcnemar import McNemarEProcess
from mimawari.evaluation.multiple import e_bh
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases.models import Generation
from mimawari.service.review.models import Decision
from mimawari.service.trials import events, runner
from mimawari.service.trials.deployed import enter
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.evidence import findings_of, fold
from mimawari.service.trials.families import decide_family
from mimawari.service.trials.models import (
    Kind,
    Outcome,
    Role,
    Trial,
    TrialItem,
    TrialRound,
    TrialState,
)

pytestmark = pytest.mark.django_db(transaction=True)
DESIGN = {"capacity": 20, "mode": "safe", "round_minutes": 1440, "minimum_days": 3}
Pairs = Sequence[tuple[int, int]]
MIXED = [(0, 0), (1, 1), (1, 0)]


def given(
    topic: str,
    came_out: Sequence[Pairs],
    family: str = "",
    kind: Kind = Kind.EXPERIMENT,
    judge: Callable[[Role], str] = lambda _role: "anna",
    **more: object,
) -> Trial:
    """Make a trial whose pairs came out as told: champion's and candidate's label, day by day."""
    now = timezone.now()
    trial = Trial.objects.create(
        kind=kind,
        topic=topic,
        champion="",
        candidate=f"{topic}-candidate",
        generation=Generation.objects.latest("number"),
        design={**DESIGN, **more},
        family=family,
        state=TrialState.RUNNING,
        created_at=now - timedelta(days=len(came_out)),
        actor="tests",
        reason="made up",
    )
    step = 0
    for day, pairs in enumerate(came_out):
        start = trial.created_at + timedelta(days=day)
        one = TrialRound.objects.create(
            trial=trial, start=start, end=start + timedelta(days=1), last_version=10**6,
            listings=100, shared=10, differing=10, capacity=20,
        )  # fmt: skip
        for pair in pairs:
            step += 1
            for role, label in zip((Role.CHAMPION, Role.CANDIDATE), pair, strict=True):
                item(trial, one, step, role, label, judge(role))
    return trial


def item(trial: Trial, of_round: TrialRound, step: int, role: Role, label: int, judge: str) -> None:
    """Add an item that a moderator decided."""
    name = f"{trial.pk}-{step}-{role}"
    who, _ = User.objects.get_or_create(username=judge)
    log.append([listing(0).__class__(id=name, version=1, seller_id=name, title="a cup")])
    version = ListingVersion.objects.get(listing_id=name)
    alert = Alert.objects.create(
        listing_version=version, topic=trial.topic, day=of_round.start.date(), score=0.5,
        priority=0.5, purpose=Purpose.TRIAL, state="decided", created_at=of_round.start,
    )  # fmt: skip
    Decision.objects.create(
        alert=alert, moderator=who, verdict="violates" if label else "does_not_violate",
        policy_version=1, generation=trial.generation, decided_at=of_round.end, seconds=1.0,
    )  # fmt: skip
    TrialItem.objects.create(
        trial=trial, round=of_round, step=step, role=role, rank=step * 7 % 10 + 1,
        listing_version=version,
        alert=alert,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def topics(generation: int) -> None:
    """Put weapons and drugs in force, without models."""


def wins(n: int) -> Pairs:
    return [(0, 1)] * n


def test_the_evidence_is_that_of_the_pairs_in_order() -> None:
    days = [[(0, 1), (1, 1), (1, 0)], [(0, 0), (0, 1), (0, 1)], [(0, 1)]]
    trial = given("weapons", days)
    process = McNemarEProcess()
    found = fold(trial).evidence
    for at, (a, b) in enumerate(pair for day in days for pair in day):
        process.update(a, b)
        assert found.log_e[at] == pytest.approx(process.log_e)
    assert found.steps == 7
    assert found.days == 3


def test_a_family_promotes_what_e_bh_selects() -> None:
    strong = given("weapons", [[*wins(6), *MIXED]] * 4, "spring")
    even = given("drugs", [[*wins(2), *MIXED, (1, 0)]] * 4, "spring")
    e_values = [math.exp(fold(one).evidence.log_e[-1]) for one in (strong, even)]
    assert e_bh(e_values, 0.05) == [0]
    told = decide_family("spring", EVE, "the month is over")
    assert told == {"weapons": Outcome.PROMOTE, "drugs": Outcome.UNDECIDED}
    for one in (strong, even):
        ended = world.end_of(one)
        assert (ended.family, ended.of) == ("spring", 2)
        assert one.events.get(kind="ended").actor == "eve"
    with pytest.raises(InvalidInputError, match="has no running trial"):
        decide_family("spring", EVE, "again")
    with pytest.raises(InvalidInputError, match="has no running trial"):
        decide_family("winter", EVE, "unknown")


def test_a_family_s_trial_is_not_promoted_by_itself() -> None:
    alone = given("weapons", [wins(4)] * 4)
    runner.advance()
    alone.refresh_from_db()
    assert alone.outcome == Outcome.PROMOTE
    strong = given("weapons", [wins(4)] * 4, "spring")
    even = given("drugs", [MIXED] * 4, "spring")
    for _ in range(2):
        runner.advance()
    strong.refresh_from_db()
    assert strong.state == TrialState.RUNNING
    # Once every trial has come to an end of its own, the family is decided.
    events.end(even, Outcome.REJECT, TESTS, findings_of(fold(even), Concluded))
    runner.advance()
    strong.refresh_from_db()
    assert strong.outcome == Outcome.PROMOTE
    assert "of its family" in world.end_of(strong).statement


def test_a_family_asks_for_more_than_each_alone() -> None:
    """Evidence of 1/alpha promotes a trial alone, and not one of several."""
    trial = given("weapons", [wins(3)] * 3, "spring")
    given("drugs", [MIXED] * 3, "spring")
    e_value = math.exp(fold(trial).evidence.log_e[-1])
    assert 20 <= e_value < 40
    assert decide_family("spring", EVE, "over")["weapons"] == Outcome.UNDECIDED


def test_days_that_differ_too_much_ask_for_more_evidence() -> None:
    good_day, bad_day = [(0, 1)] * 7 + [(0, 0)], [(1, 0)] * 5 + [(0, 0)] * 3
    days = [good_day, good_day, bad_day, good_day, bad_day, good_day, good_day]
    guarded = given("weapons", days, smallest_gain=0.01)
    found = fold(guarded).evidence
    assert found.dispersion > 1.5
    asked = math.log(20)
    assert found.log_e[-1] > asked
    assert found.outcome == "continue"
    trusting = given("drugs", days, smallest_gain=0.01, phi_limit=100.0)
    assert fold(trusting).evidence.outcome == "promote"


def test_least_days_are_days_with_pairs() -> None:
    trial = given("weapons", [wins(20)])
    assert fold(trial).evidence.outcome == "continue"
    assert fold(given("drugs", [wins(7)] * 3)).evidence.outcome == "promote"
    runner.advance()
    trial.refresh_from_db()
    assert trial.state == TrialState.RUNNING


def test_a_guard_asks_the_other_way_round() -> None:
    worse = given("weapons", [[(1, 0)] * 4] * 4, kind=Kind.GUARD, mode="guard")
    Trial.objects.filter(pk=worse.pk).update(champion="old", candidate="")
    runner.advance()
    worse.refresh_from_db()
    assert worse.outcome == Outcome.REJECT


def test_the_published_split_is_looked_at_once() -> None:
    trial = given("weapons", [wins(5)] * 3, mode="split", days=4)
    runner.advance()
    trial.refresh_from_db()
    assert trial.state == TrialState.RUNNING
    over = given("drugs", [wins(5)] * 4, mode="split", days=4)
    runner.advance()
    over.refresh_from_db()
    assert over.outcome == Outcome.PROMOTE
    assert "exact McNemar test at the end" in world.end_of(over).statement


def test_a_trial_that_spent_its_reviews_ends_undecided() -> None:
    trial = given("weapons", [[(0, 1), (1, 0), (0, 0)]] * 4, most_reviews=20, smallest_gain=0.01)
    runner.advance()
    trial.refresh_from_db()
    assert (trial.state, trial.outcome) == (TrialState.ENDED, Outcome.UNDECIDED)


def test_the_worker_goes_on_where_no_experiment_runs() -> None:
    enter(given("weapons", [MIXED]), TESTS)
    log.append([listing(i, "a pistol for weed") for i in range(900, 910)])
    work()
    assert not Alert.objects.filter(topic="weapons", purpose=Purpose.TOP_K).exists()
    assert Alert.objects.filter(topic="drugs", purpose=Purpose.TOP_K, state="open").count() == 2


def test_an_experiment_does_not_wait_for_ever() -> None:
    trial = given("weapons", [MIXED] * 3, days=1, smallest_gain=0.001)
    last = trial.items.latest("pk")
    Decision.objects.create(
        alert=last.alert, moderator=User.objects.get(username="anna"), verdict="undone",
        policy_version=1, generation=trial.generation, decided_at=timezone.now(), seconds=0.0,
        replaces=last.alert.decisions.get(),
    )  # fmt: skip
    runner.advance()
    trial.refresh_from_db()
    assert trial.state == TrialState.RUNNING
    Trial.objects.filter(pk=trial.pk).update(created_at=timezone.now() - timedelta(days=8))
    runner.advance()
    trial.refresh_from_db()
    assert (trial.state, trial.outcome) == (TrialState.ENDED, Outcome.UNDECIDED)
