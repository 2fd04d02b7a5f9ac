"""What a rescan finds is put before moderators once, under the policy it was found by."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.test import Client
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.rescan.acting import Activate, admit, offer, opened, rescan, unhurried
from tests.service.working import work_off

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.admission.rescans import already_judged
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason, ListingVersion
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review import queue
from mimawari.service.review.blind_item import blind_item
from mimawari.service.scoring.models import Rescan, RescanState
from mimawari.service.scoring.rescanning import Pass
from mimawari.service.scoring.rescans import Plan, begin

pytestmark = pytest.mark.django_db(transaction=True)


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
