"""A listing that repeats what was found to violate is proposed, with the earlier decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings
from tests.acting import TESTS
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, serving
from tests.service.actions.conftest import CLAUSES, Activate, activate, judge  # noqa: F401
from tests.service.picture_service import fetch_all, keep_from, shows

from mimawari.listings.listing import Listing
from mimawari.records.label import Verdict
from mimawari.records.past_decision import PastDecision
from mimawari.records.scored import ScoredBatch
from mimawari.service.accounts import roles
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.review import importing, queue
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.known_violations import KnownViolationKeeper
from mimawari.service.review.models import DecisionImport, ImportedDecision
from mimawari.service.scoring import relistings
from mimawari.service.scoring.models import KnownViolation, Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
GUN = (
    "an old pistol with a leather case, of my grandfather, works well, to be collected in the "
    "town or sent by post in a box of wood that has a lock and two keys, no returns please"
)
NO_SIGN = GUN.replace("pistol", "thing")
CLOTH = "a table cloth of linen, white, used twice, with a small hole at one edge"


@pytest.fixture(autouse=True)
def in_force(activate: Activate, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Put a topic with clauses in force, and let scorers look for news before every batch."""
    monkeypatch.setattr(relistings, "LOOK_SECONDS", -1.0)
    activate(CLAUSES)


@pytest.fixture
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture
def keeper() -> KnownViolationKeeper:
    return KnownViolationKeeper()


def offer(scorer: Scorer, number: int, title: str, seller: str = "s", version: int = 1) -> Score:
    """Send a listing, score it, and open its alerts."""
    log.append([Listing(id=f"L{number}", version=version, seller_id=seller, title=title)])
    scorer.score_batch()
    while Admitter().turn():
        pass
    return Score.objects.get(
        listing_version__listing_id=f"L{number}", listing_version__version=version
    )


def hits(score: Score) -> list[str]:
    return [hit.partition("/")[2] for hit in score.rule_hits]


def alerted() -> dict[str, float]:
    rows = Alert.objects.values_list("listing_version__listing_id", "score")
    return {listing: round(score, 2) for listing, score in rows}


@pytest.fixture
def removed(scorer: Scorer, keeper: KnownViolationKeeper) -> Alert:
    """Have a listing of the seller s that was found to violate."""
    offer(scorer, 1, GUN)
    alert = judge("anna", clause="firearm")
    keeper.work()
    return alert


def test_it_is_proposed_whoever_offers_it(removed: Alert, scorer: Scorer) -> None:
    number = removed.decisions.get().pk
    for n, seller in ((2, "s"), (3, "t")):
        score = offer(scorer, n, f"{GUN}!", seller)
        assert hits(score) == ["word", f"relisting of decision {number}"]
    assert alerted() == {"L1": 0.5, "L2": 0.9, "L3": 0.9}


def test_without_a_sign_it_is_known_by_its_seller(removed: Alert, scorer: Scorer) -> None:
    assert hits(offer(scorer, 2, NO_SIGN, "t")) == []
    number = removed.decisions.get().pk
    assert hits(offer(scorer, 3, NO_SIGN, "s")) == [f"relisting of decision {number}"]
    assert alerted()["L3"] == 0.9


def test_what_is_scored_a_second_time_is_named_once() -> None:
    batch = ScoredBatch(
        ids=np.array([1], np.int64),
        generation=1,
        topics=("weapons",),
        models=(),
        scores=np.array([[0.3]], np.float32),
        rules=np.array([[np.nan]], np.float32),
        model_scores=np.zeros((1, 0), np.float32),
        refined=np.zeros((1, 0), np.bool_),
        in_canary=np.zeros((1, 1), np.bool_),
        rule_hits=[[]],
        picture_texts=[""],
        scored_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    rows = [relistings.Relisting(0, "weapons", 7), relistings.Relisting(0, "gone", 8)]
    once = relistings.with_relistings(batch, rows)
    twice = relistings.with_relistings(once, rows)
    assert once.rule_hits == twice.rule_hits == [["weapons/relisting of decision 7"]]
    assert once.scores[0, 0] == once.rules[0, 0] == np.float32(0.9)
    assert (batch.rule_hits, batch.scores[0, 0]) == ([[]], np.float32(0.3))


def test_other_goods_of_the_same_seller_are_none(removed: Alert, scorer: Scorer) -> None:
    assert hits(offer(scorer, 2, CLOTH, "s")) == []


def test_an_edit_is_none(removed: Alert, scorer: Scorer) -> None:
    assert hits(offer(scorer, 1, f"{GUN}!", version=2)) == ["word"]


def test_what_does_not_violate_is_not_remembered(
    scorer: Scorer, keeper: KnownViolationKeeper
) -> None:
    offer(scorer, 1, GUN)
    judge("anna", "does_not_violate")
    keeper.work()
    assert hits(offer(scorer, 2, GUN)) == ["word"]


def test_an_undo_takes_it_back_and_another_decision_brings_it_again(
    removed: Alert, scorer: Scorer, keeper: KnownViolationKeeper
) -> None:
    offer(scorer, 2, GUN)
    anna = User.objects.get(username="anna")
    assert queue.undo(anna) is not None
    keeper.work()
    assert hits(offer(scorer, 3, GUN)) == ["word"]
    again = judge("anna", clause="blade")
    keeper.work()
    number = again.decisions.latest("pk").pk
    assert hits(offer(scorer, 4, GUN)) == ["word", f"relisting of decision {number}"]


def test_where_violations_are_confirmed_one_moderator_is_not_enough(
    activate: Activate,  # noqa: F811
    scorer: Scorer,
    keeper: KnownViolationKeeper,
) -> None:
    activate(CLAUSES, head="confirm_positives = true")
    offer(scorer, 1, GUN)
    roles.add("ben", None, "moderator", TESTS)
    judge("anna")
    keeper.work()
    assert hits(offer(scorer, 2, GUN)) == ["word"]
    second = Alert.objects.get(purpose="second")
    ben = User.objects.get(username="ben")
    while (alert := queue.next_alert(ben)) is not None and alert.pk != second.pk:
        queue.decide(alert, ben, "does_not_violate", 1.0)
    assert alert is not None
    queue.decide(alert, ben, queue.Judgement("violates", "blade"), 1.0)
    keeper.work()
    assert len(hits(offer(scorer, 3, GUN))) == 2


def test_what_was_erased_is_forgotten(removed: Alert, scorer: Scorer) -> None:
    offer(scorer, 2, GUN, "t")  # the scorer knows it by now
    erase_seller("s", TESTS, "asked for")
    known = KnownViolation.objects.get()
    assert (known.digest, bytes(known.hashes), known.withdrawn) == (None, b"", True)
    assert hits(offer(scorer, 3, GUN, "t")) == ["word"]
    KnownViolationKeeper().work()
    assert hits(offer(Scorer(), 4, GUN, "t")) == ["word"]
    assert hits(offer(scorer, 5, GUN, "t")) == ["word"], "nor by who had it in mind"


def test_a_keeper_that_starts_again_changes_nothing(removed: Alert) -> None:
    before = KnownViolation.objects.values().get()
    KnownViolationKeeper().work()
    assert KnownViolation.objects.values().get() == before


def test_moderators_see_the_earlier_decision_beside_it(
    removed: Alert, scorer: Scorer, client: Client
) -> None:
    offer(scorer, 2, GUN, "t")
    lea = roles.add("lea", None, "lead", TESTS)
    alert = queue.next_alert(lea)
    assert alert is not None
    (earlier,) = blind_item(alert).relisting_of
    anna = User.objects.get(username="anna")
    assert (earlier.listing_id, earlier.version) == ("L1", 1)
    assert (earlier.clause, earlier.moderator) == ("firearm", f"moderator-{anna.pk}")
    client.force_login(lea)
    page = client.get("/review").content.decode()
    day = f"{removed.decisions.get().decided_at:%Y-%m-%d}"
    assert "Relisting" in page
    assert f"found to violate by moderator {anna.pk} on {day}" in page
    assert "Firearms" in page
    client.cookies["django_language"] = "ja"
    assert "再出品" in client.get("/review").content.decode()
    queue.undo(anna)
    client.cookies["django_language"] = "en"
    assert "taken back since" in client.get("/review").content.decode()


def test_only_so_many_are_remembered(
    removed: Alert, scorer: Scorer, keeper: KnownViolationKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relistings, "MOST", 1)
    for number, title in ((2, f"{CLOTH} and a pistol"), (3, f"a blue pistol, {CLOTH[5:30]}")):
        offer(scorer, number, title, "t")
        judge("anna")
        keeper.work()
    fresh = Scorer()
    offer(fresh, 4, CLOTH)
    assert len(fresh.known) == 1


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    picture = scene(1, 240, 320)
    with serving() as server:
        keep_from(settings, server, tmp_path)
        server.answers["/a.png"] = ok(encoded(picture))
        server.answers["/smaller.jpg"] = ok(encoded(picture[::2, ::2], "JPEG", quality=60))
        server.answers["/other.png"] = ok(encoded(scene(2, 240, 320)))
        server.answers["/blank.png"] = ok(encoded(np.full((90, 120, 3), 9, np.uint8)))
        yield server


def test_it_is_known_by_its_picture(
    shop: Server, scorer: Scorer, keeper: KnownViolationKeeper
) -> None:
    log.append([shows(shop, "a.png", "blank.png", number=1, title=GUN)])
    fetch_all()
    scorer.score_batch()
    while Admitter().turn():
        pass
    judge("anna")
    keeper.work()
    assert len(bytes(KnownViolation.objects.get().hashes)) == 32, "a blank one tells nothing"
    pictures = ("smaller.jpg", "other.png", "blank.png")
    log.append(
        [
            shows(shop, name, number=n, title=CLOTH, seller_id="t")
            for n, name in enumerate(pictures, 2)
        ]
    )
    fetch_all()
    scorer.score_batch()
    repeated = [s.listing_version.listing_id for s in Score.objects.order_by("pk") if s.rule_hits]
    assert repeated == ["L1", "L2"]


def past(number: int, verdict: str = "violates", title: str = "", **more: object) -> PastDecision:
    """Give a decision that was taken elsewhere; with a title its listing came along."""
    sent = Listing(id=f"L{number}", version=1, seller_id="s", title=title) if title else None
    row: dict[str, object] = {
        "listing_id": f"L{number}",
        "version": None,
        "topic": "weapons",
        "verdict": Verdict(verdict),
        "decided_at": datetime(2024, 3, 1, tzinfo=UTC),
        "reviewer": "Ms Abe",
        "clause": "firearm" if verdict == "violates" else "",
        "listing": sent,
    }
    return PastDecision(**(row | more))  # type: ignore[arg-type]


def bring(*rows: PastDecision) -> importing.Recognised:
    """Import past decisions; gives what is recognised because of them."""
    run = importing.begin(f"{ImportedDecision.objects.count():064}", "past.csv")
    answers = importing.take_in(run, rows, len(rows))
    assert set(answers) == {"imported"}
    importing.finish(run, TESTS)
    return importing.recognised(run)


@pytest.mark.parametrize("along", [True, False])
def test_relistings_of_what_was_found_elsewhere(
    scorer: Scorer, keeper: KnownViolationKeeper, client: Client, along: bool
) -> None:
    """With the text of the file, or of the listing that the log knows."""
    if not along:
        log.append([Listing(id="L1", version=1, seller_id="s", title=GUN)])  # not scored yet
    assert bring(past(1, title=GUN if along else "")) == (1, 0)
    keeper.work()
    number = ImportedDecision.objects.get().pk
    score = offer(scorer, 2, f"{GUN}!", "t")
    assert hits(score) == ["word", f"relisting of past decision {number}"]
    assert alerted()["L2"] == 0.9
    lea = roles.add("lea", None, "lead", TESTS)
    alert = queue.next_alert(lea)
    assert alert is not None
    (earlier,) = blind_item(alert).relisting_of
    assert (earlier.listing_id, earlier.version, earlier.clause) == ("L1", 1, "firearm")
    assert earlier.moderator.startswith("imported-")
    assert earlier.decided_at.year == 2024
    client.force_login(lea)
    page = client.get("/review").content.decode()
    assert "found to violate elsewhere" in page
    assert ("/listing?id=L1" in page) == (not along)
    with translation.override("en"):  # what the page was shown in stays with the thread
        client.cookies["django_language"] = "ja"
        assert "取り込まれた審査者" in client.get("/review").content.decode()
    keeper.work()
    assert KnownViolation.objects.count() == 1


def test_what_we_decided_since_counts_instead(scorer: Scorer, keeper: KnownViolationKeeper) -> None:
    bring(past(1, title=GUN), past(2, "does_not_violate", title=CLOTH))
    keeper.work()
    assert KnownViolation.objects.get().past
    offer(scorer, 1, f"{GUN}, edited since", version=2)
    judge("anna", "does_not_violate")
    keeper.work()
    assert KnownViolation.objects.get().withdrawn
    assert hits(offer(scorer, 3, GUN)) == ["word"]


def test_of_two_as_near_ours_is_named(
    removed: Alert, scorer: Scorer, keeper: KnownViolationKeeper
) -> None:
    bring(past(7, title=GUN))
    keeper.work()
    number = removed.decisions.get().pk
    assert hits(offer(scorer, 2, GUN)) == ["word", f"relisting of decision {number}"]


def test_past_violations_push_out_none_of_ours(
    removed: Alert,
    keeper: KnownViolationKeeper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring(*(past(n, title=f"{CLOTH} {n}") for n in range(10, 15)))
    keeper.work()
    monkeypatch.setattr(relistings, "MOST", 1)
    monkeypatch.setattr(relistings, "MOST_PAST", 2)
    scorer = Scorer()
    number = removed.decisions.get().pk
    assert hits(offer(scorer, 2, GUN)) == ["word", f"relisting of decision {number}"]
    assert len(scorer.known) == 3


def test_what_came_along_and_was_erased_is_forgotten(
    scorer: Scorer, keeper: KnownViolationKeeper
) -> None:
    bring(past(1, title=GUN))
    keeper.work()
    assert len(hits(offer(scorer, 2, GUN, "t"))) == 2
    erase_seller("s", TESTS, "asked for")
    known = KnownViolation.objects.get()
    assert (known.digest, known.seller_id, known.withdrawn) == (None, "", True)
    keeper.work()
    KnownViolationKeeper().work()
    assert hits(offer(scorer, 3, GUN, "t")) == ["word"]
    assert hits(offer(Scorer(), 4, GUN, "t")) == ["word"]
    run = DecisionImport.objects.get()
    assert importing.recognised(run) == (1, 1)
