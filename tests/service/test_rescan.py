"""Rescans: live listings scored again, within a share of the capacity, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from tests.acting import TESTS
from tests.service.conftest import TOPIC, listing
from tests.service.working import work_off

from mimawari.errors import InvalidInputError
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.admission.rescans import already_judged
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason, ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.platform.leases import HeldLease
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review import queue
from mimawari.service.review.blind_item import blind_item
from mimawari.service.scoring import rescanning
from mimawari.service.scoring.models import Rescan, RescanState, Rescore
from mimawari.service.scoring.rescanning import Pass, Progress
from mimawari.service.scoring.rescans import Plan, begin, planned, stop
from mimawari.service.scoring.throttle import Throttle

pytestmark = pytest.mark.django_db(transaction=True)
WORD = """
[[rules]]
id = "{id}"
severity = "{severity}"
when = {{ words = ["{word}"] }}
[rules.examples]
match = ["a {word}"]
no_match = ["a cup"]
"""
Activate = Callable[..., int]


@pytest.fixture
def activate(db: None, tmp_path: Path) -> Activate:
    """Give what puts the topic in force, with words and the severities of their rules."""

    def put(capacity: int = 10, **words: str) -> int:
        path = tmp_path / "weapons.toml"
        text = TOPIC.format(topic="weapons", word="pistol", capacity=capacity)
        rules = [WORD.format(id=word, word=word, severity=s) for word, s in words.items()]
        path.write_text(text + "".join(rules), "utf-8")
        return activate_topic_files([path], TESTS, "tests")

    return put


def offer(title: str, *numbers: int) -> None:
    """Send listings, score them, and open their alerts."""
    log.append([listing(number, title) for number in numbers])
    work_off()


def admit() -> None:
    while Admitter().turn():
        pass


def unhurried() -> Throttle:
    return Throttle(1e9)


def rescan(**plan: float) -> Rescan:
    """Run a rescan to its end, and open what today has room for."""
    wanted, _ = begin("weapons", Plan(**plan), TESTS, "new words")  # type: ignore[arg-type]
    assert Pass(wanted, already_judged, unhurried()).run()
    admit()
    return Rescan.objects.get(pk=wanted.pk)


def opened() -> list[str]:
    """Name the listings that rescans put before moderators, in the order of the alerts."""
    alerts = Alert.objects.filter(purpose=Purpose.RESCAN).order_by("pk")
    return list(alerts.values_list("listing_version__listing_id", flat=True))


def test_what_new_rules_find_is_put_before_moderators(activate: Activate) -> None:
    activate()
    offer("a sword", 1)
    offer("a cup", 2)
    newer = activate(sword="high")
    done = rescan()
    assert (done.state, done.scored, done.total, done.found) == (RescanState.DONE, 2, 2, 1)
    assert opened() == ["L1"]
    alert = Alert.objects.get()
    assert alert.scored.generation_id == newer
    assert alert.listing_version.score.generation_id == newer - 1


def test_it_is_judged_under_the_policy_of_the_rescan(activate: Activate, client: Client) -> None:
    activate()
    offer("a sword", 1)
    activate(sword="high")
    rescan()
    lea = roles.add("lea", None, "lead", TESTS)
    alert = queue.next_alert(lea)
    assert alert is not None
    assert [hit.rule for hit in blind_item(alert).rules] == ["weapons/sword"]
    client.force_login(lea)
    page = client.get("/review").content.decode()
    assert "<mark" in page
    assert "v2" in page
    decision = queue.decide(alert, lea, "violates", 1.0)
    assert decision.policy_version == 2
    page = client.get("/listing?id=L1").content.decode()
    assert "scored again" in page
    assert "weapons/sword" in page


def test_a_topic_that_is_new_has_no_score_of_its_own(activate: Activate, tmp_path: Path) -> None:
    activate()
    offer("some weed", 1)
    path = tmp_path / "drugs.toml"
    path.write_text(TOPIC.format(topic="drugs", word="weed", capacity=5), "utf-8")
    activate_topic_files([path], TESTS, "a new topic")
    wanted, _ = begin("drugs", Plan(), TESTS, "a new topic")
    Pass(wanted, already_judged, unhurried()).run()
    admit()
    lea = roles.add("lea", None, "lead", TESTS)
    alert = queue.next_alert(lea)
    assert alert is not None
    assert blind_item(alert).topic == "drugs"
    assert queue.decide(alert, lea, "violates", 1.0).policy_version == 1


def test_only_live_listings_that_nobody_judged(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2, 3, 4)
    offer("a pistol and a sword", 5)
    log.append([listing(1, "a cup", version=2)])
    work_off()
    record_ended([Report("L2", EndReason.SOLD)], TESTS)
    ListingVersion.objects.filter(listing_id="L3").update(seller_id="t")
    erase_seller("t", TESTS, "asked for")
    activate(sword="high")
    done = rescan()
    assert opened() == ["L4"]
    assert (done.scored, done.found) == (3, 1)  # L1's new text and L5, which waits already


def test_a_decision_meanwhile_and_an_edit_are_passed_over(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    activate(sword="high")
    wanted, _ = begin("weapons", Plan(), TESTS, "new words")
    assert Pass(wanted, already_judged, unhurried()).run()
    log.append([listing(1, "a cup", version=2)])
    work_off()
    admit()
    assert opened() == ["L2"]
    assert Rescan.objects.get().state == RescanState.DONE


def test_an_alert_of_a_rescan_closes_with_an_edit_and_the_listings_end(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    activate(sword="high")
    rescan()
    assert sorted(opened()) == ["L1", "L2"]
    log.append([listing(1, "a cup", version=2)])
    record_ended([Report("L2", EndReason.SOLD)], TESTS)
    work_off()
    admit()
    states = Alert.objects.order_by("listing_version__listing_id").values_list("state", flat=True)
    assert list(states) == [AlertState.SUPERSEDED, AlertState.ENDED]


def test_a_share_of_each_day_the_best_first(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate()
    offer("a bow", 1, 2, 3)
    offer("a sword", 4, 5)
    activate(sword="critical", bow="medium")
    done = rescan(share=0.2)
    assert (done.state, done.most, done.found) == (RescanState.OPENING, 14, 5)
    assert opened() == ["L4", "L5"]
    admit()
    assert len(opened()) == 2, "no more today"
    now = clock.database_now()
    for day in (1, 2):
        monkeypatch.setattr(clock, "database_now", _later(now, day))
        admit()
    assert len(opened()) == 5
    assert Rescan.objects.get().state == RescanState.DONE


def _later(now: datetime, days: int) -> Callable[[], datetime]:
    return lambda: now + timedelta(days=days)


def test_no_surer_fresh_alert_gives_way(activate: Activate) -> None:
    activate(capacity=4)
    offer("a bow", 1, 2)
    activate(capacity=4, bow="medium", sword="critical")
    offer("a sword", 11, 12, 13, 14)  # the day is full, and surer
    done = rescan(share=0.5)
    assert opened() == []
    assert done.state == RescanState.OPENING
    fresh = Alert.objects.filter(purpose=Purpose.TOP_K)
    assert set(fresh.values_list("state", flat=True)) == {AlertState.OPEN}


def test_the_lowest_fresh_alerts_give_way_to_what_is_surer_up_to_the_share(
    activate: Activate,
) -> None:
    activate(capacity=4)
    offer("a sword", 1, 2, 3)
    activate(capacity=4, bow="medium", sword="critical")
    offer("a bow", 11, 12, 13, 14)
    rescan(share=0.5)
    assert len(opened()) == 2
    fresh = Alert.objects.filter(purpose=Purpose.TOP_K)
    assert sorted(fresh.values_list("state", flat=True)) == ["displaced"] * 2 + ["open"] * 2
    offer("a pistol", 21, 22, 23)  # what comes later competes with the fresh ones alone
    rescans = Alert.objects.filter(purpose=Purpose.RESCAN)
    assert set(rescans.values_list("state", flat=True)) == {AlertState.OPEN}
    waiting = Alert.objects.filter(state=AlertState.OPEN)
    assert waiting.count() == 4


def test_only_so_many_are_kept_and_only_what_scores_enough(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    offer("a bow", 3)
    activate(sword="critical", bow="medium")
    done = rescan(share=1.0, most=2)
    assert (done.found, Rescore.objects.count()) == (3, 2)
    assert opened() == ["L1", "L2"]
    assert rescan(least=0.5).found == 0, "a bow scores 0.2, and swords came from a rescan before"


def test_a_dry_run_counts_and_keeps_nothing(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    activate(sword="high")
    wanted = planned("weapons", Plan())
    assert Pass(wanted, already_judged, unhurried()).run()
    assert (wanted.scored, wanted.found) == (2, 2)
    assert not Rescan.objects.exists()
    assert not Rescore.objects.exists()


def test_who_and_why_are_on_record(activate: Activate) -> None:
    activate()
    offer("a sword", 1)
    activate(sword="high")
    pia = principal_of(roles.add("pia", None, "policy_editor", TESTS))
    wanted, _ = begin("weapons", Plan(), pia, "swords are new")
    Pass(wanted, already_judged, unhurried()).run()
    admit()
    begun, ended = Event.objects.filter(kind__startswith="rescan").order_by("pk")
    assert (begun.kind, begun.principal) == ("rescan", pia.id)
    assert "swords are new" in (begun.body or "")
    assert (ended.kind, ended.principal) == ("rescan_ended", "admitter")
    seal_all()
    assert verify().problems == ()


class KilledError(Exception):
    """A pass that ends after a batch, in the middle of all."""


def test_it_goes_on_where_it_was_interrupted(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescanning, "BATCH", 2)
    activate()
    offer("a sword", *range(1, 8))
    generation = activate(sword="high")
    wanted, new = begin("weapons", Plan(share=1.0), TESTS, "new words")
    assert new
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 2:
            raise KilledError

    with pytest.raises(KilledError):
        Pass(wanted, already_judged, unhurried()).run(interrupt)
    activate(sword="low")  # what was begun goes on under the rules that it began with
    again, new = begin("weapons", Plan(), TESTS, "")
    assert (again.pk, again.scored, new) == (wanted.pk, 4, False)
    assert Pass(again, already_judged, unhurried()).run()
    admit()
    done = Rescan.objects.get()
    assert (done.scored, done.found, done.generation_id) == (7, 7, generation)
    assert sorted(opened()) == [f"L{number}" for number in range(1, 8)]


def test_it_is_stopped_from_elsewhere(activate: Activate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescanning, "BATCH", 2)
    activate()
    offer("a sword", *range(1, 8))
    activate(sword="high")
    wanted, _ = begin("weapons", Plan(), TESTS, "new words")
    work = Pass(wanted, already_judged, unhurried())
    assert not work.run(lambda _: stop(wanted.pk, TESTS, "too many"))
    stopped = Rescan.objects.get()
    assert (stopped.state, stopped.scored) == (RescanState.STOPPED, 2)
    stop(wanted.pk, TESTS, "twice is harmless")
    assert Event.objects.filter(kind="rescan_ended").count() == 1
    admit()
    assert opened() == []


def test_two_processes_do_not_scan_at_once(activate: Activate) -> None:
    activate()
    offer("a sword", 1)
    wanted, _ = begin("weapons", Plan(), TESTS, "new words")
    other = HeldLease("rescan of weapons")
    assert other.take()
    with pytest.raises(InvalidInputError, match="is run by process"):
        Pass(wanted, already_judged, unhurried()).run()


@pytest.mark.parametrize(
    ("topic", "plan", "reason", "told"),
    [
        ("arms", Plan(), "why", "topic: 'arms' is not in force; in force: weapons"),
        ("weapons", Plan(), " ", "reason: is empty"),
        ("weapons", Plan(share=0.0), "why", "share: is 0.0; give more than 0, at most 1"),
        ("weapons", Plan(least=2.0), "why", "least: is 2.0; give 0.02 to 1"),
        ("weapons", Plan(most=0), "why", "most: is 0; give 1 to 5,000"),
    ],
)
def test_what_makes_no_sense_is_refused(
    activate: Activate, topic: str, plan: Plan, reason: str, told: str
) -> None:
    activate()
    with pytest.raises(InvalidInputError) as error:
        begin(topic, plan, TESTS, reason)
    assert told in str(error.value)
    assert not Rescan.objects.exists()


def test_a_second_one_waits_until_the_first_ones_findings_are_judged(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2, 3)
    activate(sword="high")
    first = rescan(share=0.1)
    assert first.state == RescanState.OPENING
    with pytest.raises(InvalidInputError, match=f"mimawari rescan stop {first.pk}"):
        begin("weapons", Plan(), TESTS, "again")


def test_a_moderator_may_not(activate: Activate) -> None:
    activate()
    anna: User = roles.add("anna", None, "moderator", TESTS)
    with pytest.raises(InvalidInputError, match="policies:write"):
        begin("weapons", Plan(), principal_of(anna), "why not")


def test_it_keeps_to_its_rate() -> None:
    time, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    throttle = Throttle(50.0, sleep, lambda: time[0])
    assert throttle.batch == 50
    for _ in range(3):
        throttle.wait(lambda _: None)
        throttle.took(50)
        time[0] += 0.25  # what the batch itself took
    assert slept == [0.75, 0.75]


def test_it_stands_aside_while_live_listings_wait(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescanning, "MOST_LAG", 2)
    activate()
    log.append([listing(number) for number in range(4)])
    told: list[int] = []

    def sleep(_seconds: float) -> None:
        oldest = ListingVersion.objects.filter(state=State.PENDING).earliest("pk")
        ListingVersion.objects.filter(pk=oldest.pk).update(state=State.SCORED)

    Throttle(1e9, sleep).wait(told.append)
    assert told == [4, 3]
