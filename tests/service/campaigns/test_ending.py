"""Campaigns end by their stop rules; their labels teach, and measure nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from tests.acting import TESTS
from tests.service.audit.world import problems
from tests.service.campaigns.world import arrive, asked, begin, judge, judge_asked, plan

from mimawari.flows.records import Request
from mimawari.records.label import Purpose as JudgedFor
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.sealing import seal_all
from mimawari.service.campaigns.changing import change
from mimawari.service.campaigns.ending import CampaignKeeper, end_due
from mimawari.service.campaigns.filling import fill_all
from mimawari.service.campaigns.models import (
    CampaignChange,
    CampaignItem,
    CampaignResult,
    CampaignState,
    standing,
)
from mimawari.service.campaigns.plan import Source
from mimawari.service.campaigns.progress import progress_of
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets import reading
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.flows import runs
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.review import labels, queue
from mimawari.service.review.cases import cases, since
from mimawari.service.trials.refusals import no_violation_known

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("topic")]
YES, NO = "violates", "does_not_violate"


def stands(number: int) -> CampaignChange:
    return standing([number])[number]


def gathered(number: int) -> tuple[int, int]:
    known = progress_of([number])[number].gathered
    return known.labels, known.violations


def test_the_goal_ends_it_and_what_waits_is_withdrawn(anna: User) -> None:
    arrive(30)
    number = begin(labels=0, violations=2).campaign_id
    fill_all()
    judge_asked(anna, [YES])
    assert end_due() == 0
    judge_asked(anna, [YES])
    keeper = CampaignKeeper(start=lambda _: None)
    keeper.work()
    change = stands(number)
    assert (change.state, change.ended_for) == ("ended", "goal")
    assert [a.state for a in asked()].count(AlertState.EXPIRED) == 3
    assert fill_all() == 0
    seal_all()
    assert problems() == []


def test_an_undone_decision_takes_progress_back(anna: User) -> None:
    arrive(30)
    number = begin().campaign_id
    fill_all()
    judge_asked(anna, [YES, NO])
    assert gathered(number) == (2, 1)
    queue.undo(anna)
    assert gathered(number) == (1, 1)
    queue.undo(anna)
    assert gathered(number) == (0, 0)


def test_an_erased_listing_takes_progress_back(anna: User) -> None:
    arrive(7)
    number = begin(budget=6).campaign_id
    fill_all()
    judge_asked(anna, [YES])
    seller = asked()[0].listing_version.seller_id
    erase_seller(seller, TESTS, "asked for it")
    assert gathered(number) == (0, 0)
    assert progress_of([number])[number].gone == 1


def test_its_date_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(10)
    number = begin(until=timezone.now().date()).campaign_id
    assert end_due() == 0
    tomorrow = clock.database_now() + timedelta(days=1)
    monkeypatch.setattr(clock, "database_now", lambda: tomorrow)
    assert fill_all() == 0, "its last day is over"
    assert end_due() == 1
    assert stands(number).ended_for == "date"


def test_a_yield_that_is_surely_too_small_ends_it(anna: User) -> None:
    arrive(60)
    number = begin(budget=40, beyond=40, least_yield=0.3).campaign_id
    fill_all()
    judge_asked(anna, [NO] * 5)
    assert end_due() == 0, "five say nothing yet"
    judge_asked(anna, [NO] * 10)
    assert end_due() == 1
    assert stands(number).ended_for == "yield"


def test_a_campaign_of_chance_measures_nothing_and_teaches(anna: User) -> None:
    arrive(30)
    begin()
    fill_all()
    judge_asked(anna, [YES] * 5)
    assert [label.searched for label in labels.labels("weapons")] == [True] * 5
    assert len(list(labels.labelled("weapons"))) == 5, "they teach"
    assert cases("weapons", since(5)) == [], "and say nothing of lists, chance or moderators"
    with pytest.raises(Exception, match="no violation among its labels"):
        no_violation_known("weapons")


def test_a_case_of_the_list_is_measured_as_before(anna: User) -> None:
    """What a campaign asks again of a listed case is no part of figures, and a vote on it."""
    from tests.service.campaigns.world import judge as decide

    arrive(1, "a pistol")
    decide(anna, YES)
    version = ListingVersion.objects.get()
    ben = User.objects.create_user("ben")
    again = Alert.objects.create(
        listing_version=version, topic="weapons", day=timezone.now().date(), score=0.5,
        purpose=Purpose.CAMPAIGN, priority=0.5, not_for=anna, created_at=timezone.now(),
    )  # fmt: skip
    assert queue.next_alert(anna) is None
    assert judge(ben, NO) == again
    (case,) = cases("weapons", since(5))
    assert [j.purpose for j in case.stands] == [JudgedFor.TOP_K]
    assert case.label == 1
    assert list(labels.labels("weapons")) == [], "one against one is unknown"


def test_it_ends_with_a_data_set_and_begins_a_retraining_once(anna: User, tmp_path: Path) -> None:
    from django.conf import settings

    config = msgspec.structs.replace(settings.CONFIG, state_dir=str(tmp_path))
    with override_settings(CONFIG=config):
        arrive(20)
        number = begin(labels=4, budget=4, retrain=True).campaign_id
        fill_all()
        judge_asked(anna, [YES, NO, YES, NO])
        begun: list[Sequence[str]] = []
        keeper = CampaignKeeper(start=begun.append)
        keeper.work()
        keeper.work()
        result = CampaignResult.objects.get()
        stored = DataSetVersion.objects.get(pk=result.data_set)
        assert len(reading.rows_of(stored)) == 4
        reason = f"campaign {number}: cups"
        words = ("flow", "run", "retrain", "--topic", "weapons", "--data-set", stored.pk)
        assert begun == [(*words, "--reason", reason)]
        CampaignKeeper(start=begun.append).work()
        assert len(begun) == 2, "whoever was killed before the run was noted leaves it to the next"
        request = Request(
            run="", data_set=stored.pk, folder="", topics=("weapons",), by="", at=stored.created_at
        )
        runs.begin("retrain", request, TESTS, reason)
        CampaignKeeper(start=begun.append).work()
        assert len(begun) == 2
    seal_all()
    assert problems() == []


def test_a_paused_one_ends_by_its_date_and_by_nothing_else(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(20)
    number = begin(labels=2, budget=4).campaign_id
    fill_all()
    judge_asked(anna, [YES, NO])
    change(number, TESTS, "later", state=CampaignState.PAUSED)
    assert end_due() == 0, "the goal is reached, and somebody paused it"
    later = clock.database_now() + timedelta(days=400)
    monkeypatch.setattr(clock, "database_now", lambda: later)
    assert end_due() == 1
    assert stands(number).state == CampaignState.ENDED


def test_by_hand_with_a_reason() -> None:
    arrive(5)
    number = begin().campaign_id
    with pytest.raises(Exception, match="reason: is empty"):
        change(number, TESTS, " ", state=CampaignState.ENDED)
    change(number, TESTS, "the goods are gone", state=CampaignState.ENDED)
    assert stands(number).ended_for == "by_hand"
    assert plan().budget == stands(number).planned.budget


def test_doubted_verdicts_are_asked_of_another(anna: User, topic_file: Callable[..., Path]) -> None:
    arrive(1, "a pistol")
    judge(anna, NO)
    begin(sources=(Source.MODERATORS,), budget=2)
    assert fill_all() == 0, "no model said anything: there is none to disagree with"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="rows are copied by SQL of SQLite")
def test_a_hundred_thousand_scores_are_filled_with_few_queries(
    django_assert_max_num_queries: Callable[..., object], anna: User
) -> None:
    arrive(100)
    first = ListingVersion.objects.order_by("pk").first()
    assert first is not None
    score = first.score
    random = np.random.default_rng(1)
    versions = [
        ListingVersion(
            listing_id=f"X{i}", version=1, seller_id="s", payload=first.payload,
            received_at=first.received_at, state=first.state,
        )
        for i in range(100_000)
    ]  # fmt: skip
    stored = ListingVersion.objects.bulk_create(versions, batch_size=2_000)
    width = len(bytes(score.scores)) // 4
    values = random.random((len(stored), width)).astype("<f4")
    type(score).objects.bulk_create(
        [
            type(score)(
                listing_version=version, day=score.day, generation_id=score.generation_id,
                scored_at=score.scored_at, scores=row.tobytes(), rule_scores=score.rule_scores,
                model_scores=score.model_scores, refined=score.refined,
            )
            for version, row in zip(stored, values, strict=True)
        ],
        batch_size=2_000,
    )  # fmt: skip
    begin(sources=(Source.UNCERTAIN, Source.RANDOM, Source.NEAR_VIOLATIONS), budget=6)
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        assert fill_all() == 6
    assert CampaignItem.objects.count() == 6
