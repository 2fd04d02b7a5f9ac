"""Erasing a seller: nothing of what they wrote or showed is left, and all else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings
from tests.acting import TESTS
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, serving
from tests.service.audit.world import problems, recorded
from tests.service.conftest import listing
from tests.service.picture_service import HERE, fetch_all, keep_from, shows
from tests.service.working import work_off

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.media.fetch import Fetcher
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.models import Batch
from mimawari.service.audit.sealing import seal
from mimawari.service.erasure import pace
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.erasure.tally import Tally
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media import leases
from mimawari.service.media.fetching import FetchedPicture, fetch_and_store
from mimawari.service.media.models import Picture, Snapshot
from mimawari.service.media.pictures import store
from mimawari.service.monitoring import figures
from mimawari.service.monitoring.models import KeptFigures
from mimawari.service.review import golden, queue
from mimawari.service.review.labels import labelled, labels
from mimawari.service.review.listing_history import history_of
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.explaining import explain_admitted
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.scoring.scorer import Scorer
from mimawari.service.trials.replay import _batches

pytestmark = pytest.mark.django_db(transaction=True)
SELLER, TEXT = "seller-xq7", "wobblefrotz"


def wrote(number: int, title: str = f"a pistol {TEXT}", version: int = 1) -> Listing:
    return msgspec.structs.replace(
        listing(number, title, version),
        seller_id=SELLER,
        category=(TEXT,),
        price_minor=500,
        currency="EUR",
    )


def everything() -> str:
    """All rows of all tables as text, bytes too."""
    rows = [
        value if not isinstance(value, memoryview | bytes) else bytes(value)
        for model in apps.get_models()
        for row in model._default_manager.values_list()
        for value in row
    ]
    return repr(rows)


@pytest.fixture
def anna() -> User:
    return roles.add("anna", None, "moderator", TESTS)


@pytest.fixture
def pictures(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path)
        for number, name in enumerate(("own", f"{TEXT}", "shared")):
            server.answers[f"/{name}.png"] = ok(encoded(scene(number, 120, 160)))
        yield server


@pytest.fixture
def written(generation: int, anna: User) -> None:
    """Two listings of the seller, one edited, and one of another; one was judged."""
    log.append([wrote(1), wrote(2), listing(3, "a pistol")])
    work_off()
    log.append([wrote(2, f"weed {TEXT}", 2)])
    work_off()
    alert = queue.next_alert(anna)
    assert alert is not None
    assert alert.listing_version.seller_id == SELLER
    queue.decide(alert, anna, Verdict.VIOLATES, 1.5)
    seal()


def test_nothing_is_left_of_it_and_the_ledger_verifies(written: None) -> None:
    scorer = Scorer()
    assert scorer.refresh()
    assert scorer.suite is not None
    assert explain_admitted(scorer.suite, 50) > 0
    assert TEXT in everything()
    counted = erase_seller(SELLER, TESTS, "asked for", dry_run=True)
    assert TEXT in everything(), "a dry run changes nothing"
    tally = erase_seller(SELLER, TESTS, "asked for")
    assert tally == counted
    assert (tally.versions, tally.scores) == (3, 3)
    assert tally.explanations > 0
    assert TEXT not in everything()
    assert SELLER not in everything()
    assert problems() == []
    seal()
    assert problems() == []
    assert Decision.objects.count() == 1
    other = ListingVersion.objects.get(listing_id="L3")
    assert "a pistol" in other.payload
    assert other.score.rule_hits


def test_the_ledger_says_which_rows_by_whom_and_why(written: None) -> None:
    numbers = list(ListingVersion.objects.filter(seller_id=SELLER).values_list("pk", flat=True))
    erase_seller(SELLER, TESTS, " asked for ")
    events = recorded("erasure")
    assert [event["subject"] for event in events] == ["intake.ListingVersion", "scoring.Score"]
    assert {(event["by"], event["reason"]) for event in events} == {(TESTS.name, "asked for")}
    assert all(sorted(event["details"]["rows"]) == sorted(numbers) for event in events)


def test_pictures_go_but_those_of_others(
    pictures: Server, generation: int, anna: User, tmp_path: Path
) -> None:
    mine = shows(pictures, "own.png", f"{TEXT}.png", "shared.png", number=1, seller_id=SELLER)
    again = shows(pictures, "own.png", number=2, seller_id=SELLER)
    log.append([mine, again, shows(pictures, "shared.png", number=3)])
    fetch_all()
    work_off()
    shared = Snapshot.objects.get(listing_version__listing_id="L3").picture_id
    Picture.objects.exclude(pk=shared).update(text=TEXT)
    counted = erase_seller(SELLER, TESTS, "asked for", dry_run=True)
    tally = erase_seller(SELLER, TESTS, "asked for")
    assert tally == counted
    assert (tally.snapshots, len(tally.pictures), tally.shared) == (4, 2, {shared})
    files = {path.name for path in (tmp_path / "media").rglob("*") if path.is_file()}
    assert files == {shared} == set(Picture.objects.values_list("pk", flat=True))
    assert TEXT not in everything()
    assert problems() == []


def test_a_picture_that_comes_afterwards_is_not_kept(
    pictures: Server, generation: int, tmp_path: Path
) -> None:
    """It was being fetched while its listing was erased."""
    log.append([shows(pictures, "own.png", number=1, seller_id=SELLER)])
    (leased,) = leases.lease(5)
    fetched = _fetched(leased)
    erase_seller(SELLER, TESTS, "asked for")
    assert leases.settle([(leased, fetched)]) == 0
    assert not Picture.objects.exists()
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


def test_a_picture_whose_file_was_erased_meanwhile_is_fetched_again(
    pictures: Server, generation: int
) -> None:
    """Two sellers show it: one was erased between the other's fetch and its note."""
    log.append([shows(pictures, "own.png", number=1)])
    (leased,) = leases.lease(5)
    fetched = _fetched(leased)
    store().remove(fetched.sha256)
    assert leases.settle([(leased, fetched)]) == 0
    assert not Picture.objects.exists()
    assert leases.settle([(leased, _fetched(leased))]) == 1
    assert store().get(fetched.sha256) is not None


def _fetched(snapshot: Snapshot) -> FetchedPicture:
    fetcher = Fetcher(allow_private=[HERE])
    outcome = fetch_and_store(fetcher, store(), snapshot.url, "image_urls[0]")
    assert isinstance(outcome, FetchedPicture)
    return outcome


class StoppedError(Exception):
    """Whoever runs the command ends it."""


def test_it_goes_on_where_it_was_stopped(generation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "FIRST", 2)
    monkeypatch.setattr(pace, "MOST", 3)
    for start in range(0, 12, 4):  # several batches, with another seller's rows between
        log.append([wrote(n) for n in range(start, start + 4)] + [listing(100 + start)])
        work_off(batch=3)
    lefts = []

    def stop(_tally: Tally, left: int) -> None:
        lefts.append(left)
        if len(lefts) == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        erase_seller(SELLER, TESTS, "asked for", progress=stop)
    assert ListingVersion.objects.filter(state=State.ERASED).count() == 12 - lefts[-1]
    assert 0 < lefts[-1] < 12
    assert problems() == []
    tally = erase_seller(SELLER, TESTS, "asked for", progress=lambda _, left: lefts.append(left))
    assert tally.versions == lefts[1]
    assert lefts[-1] == 0
    assert TEXT not in everything()
    assert problems() == []
    with pytest.raises(InvalidInputError, match=f"no listing is of '{SELLER}'"):
        erase_seller(SELLER, TESTS, "asked for")


def test_what_nobody_can_judge_any_more_is_closed(generation: int, anna: User) -> None:
    log.append([wrote(number) for number in range(1, 4)])
    work_off()
    log.append([wrote(4)])
    assert Scorer().score_batch() == 1  # not admitted yet
    log.append([wrote(5)])  # not scored yet
    first, second, third = Alert.objects.order_by("pk")
    Alert.objects.filter(pk=second.pk).update(purpose=Purpose.TRIAL)
    Alert.objects.filter(pk=third.pk).update(purpose=Purpose.EXPLORATION)
    assert erase_seller(SELLER, TESTS, "asked for").alerts == 2
    states = dict(Alert.objects.values_list("pk", "state"))
    assert states == {first.pk: "superseded", second.pk: "open", third.pk: "superseded"}
    assert work_off() == 0
    assert Score.objects.count() == 4
    assert Alert.objects.count() == 3
    under_way = (CandidateState.WAITING, CandidateState.IN_ROUND)
    assert not Candidate.objects.filter(state__in=under_way).exists()
    trial = queue.next_alert(anna)
    assert trial is not None
    assert trial.pk == second.pk, "a comparison waits for its verdict"
    queue.decide(trial, anna, Verdict.CANNOT_TELL, 1.0)


def test_an_explanation_that_comes_afterwards_is_not_kept(written: None) -> None:
    scorer = Scorer()
    assert scorer.refresh()
    suite = scorer.suite
    assert suite is not None
    explain = suite.explain

    def explain_late(*arguments: object) -> object:
        explanation = explain(*arguments)  # type: ignore[arg-type]
        if ListingVersion.objects.filter(seller_id=SELLER).exists():
            erase_seller(SELLER, TESTS, "asked for")
        return explanation

    suite.explain = explain_late  # type: ignore[method-assign,assignment]
    explain_admitted(suite, 50)
    mine = Candidate.objects.filter(listing_version__state=State.ERASED)
    assert set(mine.values_list("explanation", flat=True)) == {""}


def test_nothing_is_learnt_from_what_is_left(written: None, anna: User) -> None:
    judged = Decision.objects.get().alert.listing_version
    assert [row.listing.id for row in labelled("weapons")] == [judged.listing_id]
    item = golden.add(judged.listing_id, "weapons", Verdict.VIOLATES, TESTS, "known")
    other = roles.add("ben", None, "moderator", TESTS)
    assert golden._unseen("weapons", other, b"secret") == item
    erase_seller(SELLER, TESTS, "asked for")
    assert list(labelled("weapons")) == []
    assert len(list(labels("weapons"))) == 1, "what was decided still counts"
    assert golden._unseen("weapons", other, b"secret") is None
    with pytest.raises(InvalidInputError, match="never scored, or was erased"):
        golden.add(judged.listing_id, "weapons", Verdict.VIOLATES, TESTS, "known")


def test_back_tests_leave_it_out(written: None) -> None:
    def replayed() -> list[object]:
        return [row[1] for batch in _batches(0, 1_000_000) for row in batch]

    assert replayed() == ["L1", "L2", "L3", "L2"]
    erase_seller(SELLER, TESTS, "asked for")
    assert replayed() == ["L3"]


def test_it_does_not_come_back_by_being_sent_again(written: None) -> None:
    erase_seller(SELLER, TESTS, "asked for")
    assert log.append([wrote(1)]) == ["conflict"]
    assert TEXT not in everything()


def test_kept_figures_are_made_again(generation: int) -> None:
    log.append([wrote(number) for number in range(30)])
    work_off()
    now = datetime.now(UTC)
    assert figures.refresh_next(now)
    assert TEXT.encode() in bytes(KeptFigures.objects.get(pk="prices").body)
    assert f"EUR/{TEXT}" in figures.prices().latest().value.levels
    erase_seller(SELLER, TESTS, "asked for")
    kept = KeptFigures.objects.get(pk="prices")
    assert TEXT.encode() not in bytes(kept.body)
    assert kept.at > now


def test_figures_that_were_being_made_are_not_kept(generation: int) -> None:
    log.append([wrote(number) for number in range(30)])
    assert figures.prices().refresh(datetime.now(UTC), 0)
    old = figures.prices()

    def make_slowly() -> object:
        made = old.make()
        erase_seller(SELLER, TESTS, "asked for")
        return made

    slow = figures.Figures("prices", old.kind, make_slowly, old.every, False)  # type: ignore[arg-type]
    slow.refresh(datetime(2100, 1, 1, tzinfo=UTC), 0)
    assert TEXT.encode() not in bytes(KeptFigures.objects.get(pk="prices").body)


def test_pages_say_that_it_was_erased(written: None, client: Client) -> None:
    erase_seller(SELLER, TESTS, "asked for")
    known = history_of("L2")
    assert known is not None
    assert [version.state for version in known.versions] == ["erased", "erased"]
    assert {(v.listing.title, v.listing.seller_id) for v in known.versions} == {("(erased)", "")}
    assert all(version.score and version.score.topics for version in known.versions)
    client.force_login(User.objects.get(username="anna"))
    page = client.get("/listing?id=L2").content.decode()
    assert page.count("What the seller wrote was erased.") == 2
    assert TEXT not in page
    history = client.get("/history").content.decode()
    assert "(erased)" in history


def test_an_item_of_it_says_so_too(generation: int, anna: User, client: Client) -> None:
    log.append([wrote(1)])
    work_off()
    Alert.objects.update(purpose=Purpose.TRIAL)
    erase_seller(SELLER, TESTS, "asked for")
    client.force_login(anna)
    page = client.get("/review").content.decode()
    assert "What the seller wrote was erased." in page
    assert "Seller" not in page.split("Facts")[1]


def test_what_is_refused(written: None, anna: User) -> None:
    for seller, reason, problem in (
        ("nobody", "asked for", "seller: no listing is of 'nobody'; give it as"),
        (" ", "asked for", "seller: is empty"),
        (SELLER, " ", "reason: is empty"),
        (SELLER, f"{SELLER.upper()} asked for it", "reason: names the seller; leave the name out"),
    ):
        with pytest.raises(InvalidInputError, match=problem):
            erase_seller(seller, TESTS, reason)
    for role in ("moderator", "lead", "auditor"):
        roles.change("anna", role, TESTS)
        with pytest.raises(ForbiddenError, match="erasures:write"):
            erase_seller(SELLER, principal_of(anna), "asked for")
    assert TEXT in everything()
    roles.change("anna", "admin", TESTS)
    assert erase_seller(SELLER, principal_of(anna), "asked for").versions == 3


def test_a_version_that_changed_is_still_found_afterwards(written: None) -> None:
    """Erasing a row that fits no commitment must not hide that."""
    with transaction.atomic():
        ListingVersion.objects.filter(listing_id="L1").update(payload="{}")
    erase_seller(SELLER, TESTS, "asked for")
    (text,) = problems()
    assert "is not as it was committed to: it was changed" in text
    assert Batch.objects.exists()
    assert AlertState.OPEN in set(Alert.objects.values_list("state", flat=True))
