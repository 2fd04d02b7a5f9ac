"""Campaigns are filled within their budget and the capacity, once, whoever fills them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from tests.acting import TESTS
from tests.service.audit.world import problems
from tests.service.campaigns.world import CAPACITY, arrive, asked, begin, items, judge, plan

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.sealing import seal_all
from mimawari.service.campaigns import filling
from mimawari.service.campaigns.changing import change, create, inside
from mimawari.service.campaigns.filling import fill_all
from mimawari.service.campaigns.models import CampaignItem, CampaignState
from mimawari.service.campaigns.plan import Source
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.platform import clock
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.generations import topics_in_force
from mimawari.service.review import queue
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.known_violations import KnownViolationKeeper
from mimawari.service.trials.blind_topics import blind_topics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("topic")]


def listed() -> int:
    return Alert.objects.filter(purpose=Purpose.TOP_K, state=AlertState.OPEN).count()


def test_a_day_is_filled_once_and_every_item_is_in_the_ledger() -> None:
    arrive(40)
    begin()
    assert fill_all() == 5
    assert fill_all() == 0
    assert len(items()) == len(asked()) == 5
    assert {item.source for item in items()} == {"random"}
    assert [item.probability for item in items()] == [pytest.approx(5 / 40)] * 5
    seal_all()
    assert problems() == []


def test_two_keepers_never_overfill() -> None:
    arrive(60)
    begin(budget=6)
    if connection.vendor == "sqlite":
        first = filling._candidates
        # One has chosen when the other fills: what it chose is not asked a second time.
        (stands,) = filling.running()
        topics = filling.generations.serving().manifest.topics  # type: ignore[union-attr]
        entry, now = topics["weapons"], clock.database_now()
        chosen = first(stands, entry, 6, now)
        fill_all()
        with filling.transaction.atomic():
            assert filling._ask(stands, entry, chosen, now) == 0
    else:

        def turn(_: int) -> int:
            try:
                return fill_all()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(turn, range(4))) == 6
    assert len(asked()) == 6


def test_a_fill_that_is_cut_off_leaves_nothing_and_is_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive(30)
    begin()

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(filling, "record_all", dies)
        with pytest.raises(KeyboardInterrupt):
            fill_all()
    assert asked() == []
    assert fill_all() == 5


def test_within_the_capacity_the_lowest_of_the_list_give_way_and_no_more() -> None:
    arrive(CAPACITY + 10, "a pistol")
    arrive(20)
    assert listed() == CAPACITY
    begin(budget=4)
    fill_all()
    assert len(asked()) == 4
    assert listed() == CAPACITY - 4


def test_what_is_beyond_displaces_nothing() -> None:
    arrive(CAPACITY + 10, "a pistol")
    arrive(20)
    begin(budget=8, beyond=8)
    fill_all()
    assert [alert.beyond for alert in asked()] == [True] * 8
    assert listed() == CAPACITY
    arrive(3, "a pistol")
    assert listed() == CAPACITY, "nor later"


def test_a_capacity_of_nothing_asks_only_beyond_it(topic_file: Callable[..., Path]) -> None:
    arrive(30)
    begin(budget=6, beyond=2)
    activate_topic_file(topic_file(capacity=1), TESTS, "hardly anybody is there")
    assert fill_all() == 2
    assert [alert.beyond for alert in asked()] == [True, True]
    entry = topics_in_force()["weapons"]
    (stands,) = filling.running()
    none = msgspec.structs.replace(entry, capacity=0)
    assert filling.fill(stands, none, clock.database_now()) == 0


def test_campaigns_of_a_topic_share_what_is_theirs(topic_file: Callable[..., Path]) -> None:
    arrive(60)
    begin("first", budget=4)
    begin("second", budget=2)
    with pytest.raises(InvalidInputError, match="0 are free for campaigns"):
        begin("third", budget=1)
    begin("third", budget=1, beyond=1)
    activate_topic_file(topic_file(capacity=10), TESTS, "fewer moderators")
    fill_all()
    within = [alert for alert in asked() if not alert.beyond]
    assert len(within) == inside(10) == 3
    assert len(asked()) == 4


def test_the_item_says_nothing_of_the_campaign(anna: User) -> None:
    arrive(10, "a pistol")
    arrive(20)
    begin()
    fill_all()
    assert "weapons" in blind_topics(), "no score is shown while any of it is open"
    one = asked()[0]
    item = repr(blind_item(Alert.objects.get(pk=one.pk)))
    assert "campaign" not in item
    assert "cups" not in item
    priorities = set(Alert.objects.filter(purpose=Purpose.TOP_K).values_list("priority", flat=True))
    assert {alert.priority for alert in asked()} <= priorities, "drawn among ordinary ones"


def test_who_may_not_see_the_topic_is_not_asked(topic_file: Callable[..., Path]) -> None:
    arrive(20)
    begin()
    fill_all()
    ben = roles.add("ben", None, "moderator", TESTS, topics=["drugs"])
    assert queue.next_alert(ben) is None


def test_who_may_not_creates_none(anna: User) -> None:
    with pytest.raises(ForbiddenError):
        create("weapons", "mine", plan(), principal_of(anna), "why not")


def test_an_erased_listing_is_asked_no_more(anna: User) -> None:
    arrive(7)
    begin(budget=6)
    fill_all()
    waiting = asked()[0]
    erase_seller(waiting.listing_version.seller_id, TESTS, "asked for it")
    assert Alert.objects.get(pk=waiting.pk).state == AlertState.SUPERSEDED
    seal_all()
    assert problems() == []


def test_what_ended_or_was_edited_is_asked_no_more(anna: User) -> None:
    arrive(7)
    begin(budget=6)
    fill_all()
    name = asked()[0].listing_version.listing_id
    other = asked()[1].listing_version
    record_ended([Report(name, "sold")], TESTS)
    log.append([plain_edit(other.listing_id)])
    served = set()
    while (alert := queue.next_alert(anna)) is not None:
        served.add(alert.listing_version.listing_id)
        queue.decide(alert, anna, "does_not_violate", 1.0)
    assert len(served) == 4
    assert not served & {name, other.listing_id}


def plain_edit(name: str) -> Listing:
    return Listing(id=name, version=2, seller_id="s", title="another text")


def test_a_plan_changed_while_it_is_served_holds_from_then_on() -> None:
    arrive(60)
    number = begin(budget=2).campaign_id
    fill_all()
    change(number, TESTS, "more", given={"budget": 5})
    assert fill_all() == 3
    change(number, TESTS, "less", given={"budget": 1})
    assert fill_all() == 0
    change(number, TESTS, "a holiday", state=CampaignState.PAUSED)
    change(number, TESTS, "more", given={"budget": 6})
    assert fill_all() == 0, "it is paused"
    change(number, TESTS, "back", state=CampaignState.RUNNING)
    assert fill_all() == 1
    change(number, TESTS, "enough", state=CampaignState.ENDED)
    with pytest.raises(InvalidInputError, match="none that goes on"):
        change(number, TESTS, "again", state=CampaignState.RUNNING)


def test_tomorrow_has_a_budget_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(40)
    begin()
    fill_all()
    tomorrow = clock.database_now() + timedelta(days=1)
    monkeypatch.setattr(clock, "database_now", lambda: tomorrow)
    assert fill_all() == 5
    assert CampaignItem.objects.values("day").distinct().count() == 2


def test_no_more_is_asked_than_the_goal_lacks(anna: User) -> None:
    arrive(40)
    begin(labels=3)
    assert fill_all() == 3
    judge(anna)
    assert fill_all() == 0


def test_conditions_keep_to_a_language_and_a_category() -> None:
    arrive(10, language="en")
    arrive(5, "a knife", language="ja-JP", category=("Sports", "Knives"))
    arrive(5, "a ball", language="ja", category=("Sports",))
    begin(budget=6, language="ja", category="Knives")
    fill_all()
    assert {a.listing_version.listing_id for a in asked()} == {f"L{i}" for i in range(10, 15)}


def test_near_violations_come_first(anna: User) -> None:
    text = "a pistol with a wooden grip and two spare magazines in a box"
    arrive(1, text)
    judge(anna, "violates")
    KnownViolationKeeper().work()
    arrive(10)
    arrive(1, "a tool with a wooden grip and two spare magazines in a box")
    begin(budget=1, sources=(Source.NEAR_VIOLATIONS,))
    fill_all()
    assert [alert.listing_version.listing_id for alert in asked()] == ["L11"]
    assert items()[0].probability is None


def test_the_fill_takes_as_many_queries_however_much_there_is(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for more in (30, 300):
        arrive(more)
        begin(f"of {more}", budget=3, language="en" if more == 30 else "")
        with django_assert_max_num_queries(70):  # type: ignore[attr-defined]
            fill_all()
