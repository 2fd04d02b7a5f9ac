"""Data sets of the store: made as of a time, the same again, compared, trained on, erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import override_settings
from django.utils import timezone
from tests.acting import TESTS
from tests.service.working import work

from mimawari.cli.main import main
from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.records.principal import Principal
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.data_sets import making, reading
from mimawari.service.data_sets.making import Request
from mimawari.service.erasure import seller
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases.models import Generation
from mimawari.service.review.models import Decision, Verdict

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = ("a sabre", "a cup")
THEN = timedelta(days=5)
Run = Callable[..., str]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path) -> object:
    """Keep artifacts of one test from another's."""
    with override_settings(
        CONFIG=msgspec.structs.replace(settings.CONFIG, state_dir=str(tmp_path / "state"))
    ):
        yield


@pytest.fixture
def decisions(generation: int) -> None:
    """Decide on 80 listings of 11 sellers: the first half ten days ago, the rest now."""
    log.append(
        [
            Listing(id=f"L{i}", version=1, seller_id=f"s{i % 11}", title=f"{WORDS[i % 2]} {i}")
            for i in range(80)
        ]
    )
    work()
    Alert.objects.all().delete()
    for i, version in enumerate(ListingVersion.objects.order_by("id")):
        days = 10 if i < 40 else 0
        decide(version, Verdict.DOES_NOT_VIOLATE if i % 2 else Verdict.VIOLATES, days)


def decide(version: ListingVersion, verdict: Verdict, days: int = 0, policy: int = 1) -> Decision:
    """Decide a listing so many days ago."""
    moderator, _ = User.objects.get_or_create(username="anna")
    now = timezone.now()
    alert, _ = Alert.objects.get_or_create(
        listing_version=version,
        topic="weapons",
        defaults={
            "day": now.date(),
            "score": 0.5,
            "priority": 0.5,
            "state": AlertState.DECIDED,
            "created_at": now,
        },
    )
    return Decision.objects.create(
        alert=alert,
        moderator=moderator,
        verdict=verdict,
        policy_version=policy,
        generation=Generation.objects.latest("number"),
        decided_at=now - timedelta(days=days),
        seconds=1.0,
    )


def make(until: datetime | None = None, **accepted: str) -> DataSetVersion:
    """Make a version of weapons."""
    request = Request("weapons", ("weapons",), until or timezone.now(), accepted)
    return making.make(request, TESTS)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs a command as typed, and gives what it printed."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["mimawari", *words])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.out + printed.err

    return run


def test_the_same_time_gives_the_same_version_whatever_happened_since(decisions: None) -> None:
    until = timezone.now() - THEN
    first = make(until)
    assert (first.card.rows, first.card.topics["weapons"].violating) == (40, 20)
    taken_back = Decision.objects.order_by("pk").first()
    assert taken_back is not None
    Decision.objects.create(
        alert=taken_back.alert,
        moderator=taken_back.moderator,
        verdict=Verdict.UNDONE,
        policy_version=1,
        generation=taken_back.generation,
        decided_at=timezone.now(),
        seconds=1.0,
        replaces=taken_back,
    )
    decide(ListingVersion.objects.order_by("pk")[3], Verdict.VIOLATES)
    assert make(until).pk == first.pk
    assert DataSetVersion.objects.count() == 1
    assert Event.objects.filter(kind="data_set").count() == 1
    later = make()
    assert later.pk != first.pk
    assert later.card.topics["weapons"].unsettled == 1, "a tie; what was taken back is open again"


def test_what_came_went_and_changed(decisions: None, typed: Run) -> None:
    before = make(timezone.now() - THEN)
    versions = list(ListingVersion.objects.order_by("pk")[:4])
    old = Decision.objects.get(alert__listing_version=versions[0])
    Decision.objects.create(
        alert=old.alert,
        moderator=old.moderator,
        verdict=Verdict.DOES_NOT_VIOLATE,
        policy_version=2,
        generation=old.generation,
        decided_at=timezone.now(),
        seconds=1.0,
        replaces=old,
    )
    after = make()
    whys = sorted((d.change, d.why) for d in reading.changes(before, after))
    assert whys == sorted(
        [("added", "decided since")] * 40
        + [("relabelled", "decided again under another policy version")]
    )
    printed = typed("data", "diff", before.pk, "weapons", "--rows")
    assert "41 labels differ" in printed
    assert "L0 v1\tweapons\trelabelled\tviolates -> does not" in printed


def test_rows_are_read_again_and_sealed(decisions: None) -> None:
    stored = make()
    rows = reading.rows_of(stored)
    assert len(rows) == 80
    assert rows[0].labels[0].policy_version == 1
    for change in (
        lambda: DataSetVersion.objects.update(actor="eve"),
        lambda: DataSetVersion.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    seal_all()
    assert not [p for p in verify().problems if p.where.startswith("catalogue.Data")]
    folder = artifacts().folder(reading.artifact_name(stored.pk))
    (folder / "labels.parquet").write_bytes(b"no table")
    with pytest.raises(InvalidInputError, match=r"labels\.parquet"):
        reading.rows_of(stored)


def test_a_model_says_which_data_set_it_was_trained_on(
    decisions: None, typed: Run, tmp_path: Path
) -> None:
    typed("data", "make", "weapons", "--until", f"{datetime.now(UTC) - THEN:%Y-%m-%d}")
    [stored] = DataSetVersion.objects.all()
    decide(ListingVersion.objects.order_by("pk")[1], Verdict.VIOLATES, days=20)
    command = ("train", "--topic", "weapons", "--least", "5", "--algorithm", "linear")
    printed = typed(*command, "--data-set", "weapons", "-o", str(tmp_path / "a"))
    assert "40 labelled listings, 20 violate" in printed
    typed(*command, "--data-set", stored.pk, "-o", str(tmp_path / "b"))
    lineages = [
        json.loads((tmp_path / name / "manifest.json").read_text("utf-8"))["lineage"]
        for name in "ab"
    ]
    assert lineages[0]["data_set"] == stored.pk
    assert lineages[0]["data"] == lineages[1]["data"]
    assert stored.card.origin.until is not None
    assert lineages[0]["labels_until"] == stored.card.origin.until.isoformat(timespec="seconds")
    refused = typed(*command, "--data-set", "weapons", "--until", "2026-01-01", code=2)
    assert "--until: speaks of other labels" in refused
    refused = typed("train", "--topic", "drugs", "--data-set", "weapons", code=2)
    assert "--topic: is not in weapons-" in refused
    refused = typed(*command, "--data-set", "wepons", code=2)
    assert "did you mean weapons?" in refused


def test_an_erasure_removes_the_rows_and_the_card_stays(decisions: None, typed: Run) -> None:
    other = make(timezone.now() - THEN)
    stored = make()
    only = Decision.objects.filter(alert__listing_version__seller_id="s3")
    assert only.exists()
    assert erase_seller("s3", TESTS, "asked for", dry_run=True).data_sets == 2
    assert erase_seller("s3", TESTS, "asked for").data_sets == 2
    for version in (other, stored):
        assert not artifacts().has(reading.artifact_name(version.pk))
        assert DataSetVersion.objects.get(pk=version.pk).card.rows in (40, 80)
    refused = typed("data", "verify", stored.pk, code=1)
    assert "a seller among them was erased" in refused
    with pytest.raises(InvalidInputError, match="unjoined"):
        make()
    again = make(unjoined="the others will do")
    assert again.card.rows < 80
    assert again.card.topics["weapons"].unjoined == 80 - again.card.rows
    seal_all()
    assert not [p for p in verify().problems if p.where.startswith("catalogue.Data")]


def test_what_a_check_stops_is_not_made_unless_it_is_accepted(generation: int, typed: Run) -> None:
    log.append([Listing(id=f"L{i}", version=1, seller_id="s", title="a sabre") for i in range(6)])
    work()
    Alert.objects.all().delete()
    for version in ListingVersion.objects.order_by("pk"):
        decide(version, Verdict.VIOLATES)
    refused = typed("data", "make", "weapons", code=1)
    assert "weapons: classes: has 6 violating and 0 other labels" in refused
    assert not DataSetVersion.objects.exists()
    refused = typed("data", "make", "weapons", "--accept", "classes", code=1)
    assert "write CHECK=REASON" in refused
    typed("data", "make", "weapons", "--accept", "classes=a first look")
    shown = typed("data", "show", "weapons")
    assert "classes was accepted by" in shown
    assert "a first look" in shown
    assert "caution: 6 of 6 violations are one seller's" in shown


def test_wrong_names_are_told(generation: int, decisions: None) -> None:
    for request, words in (
        (Request("Weapons!", ("weapons",), timezone.now(), {}), "name: is 'Weapons!'"),
        (Request("w", ("wepons",), timezone.now(), {}), "did you mean weapons"),
        (Request("w", (), timezone.now(), {}), "topics: are empty"),
        (Request("w", ("weapons",), timezone.now(), {"classes": " "}), "has no reason"),
        (Request("w", ("drugs",), timezone.now(), {}), "nothing is labelled for drugs"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            making.make(request, TESTS)
    nobody = Principal("user", str(User.objects.create_user("eve").pk), "eve")
    with pytest.raises(ForbiddenError):
        making.make(Request("weapons", ("weapons",), timezone.now(), {}), nobody)


def test_the_list(decisions: None, typed: Run) -> None:
    stored = make()
    printed = typed("data", "list")
    assert stored.pk in printed
    assert typed("data", "verify", "weapons").strip() == f"{stored.pk}: 80 listings, unchanged."


def test_a_seller_erased_while_it_is_made_is_in_no_files(
    decisions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are read, the seller is erased, and only then the data set is kept."""
    read = making.labelled_versions

    def erasing_after(topics: tuple[str, ...], until: datetime) -> object:
        rows = read(topics, until)
        erase_seller("s3", TESTS, "asked for")
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(making, "labelled_versions", erasing_after)
        with pytest.raises(InvalidInputError, match="erased meanwhile"):
            make(unjoined="the others will do")
    assert artifacts().names(reading.FOLDER) == []
    seal_all()
    assert not [p for p in verify().problems if p.where.startswith("catalogue.Data")]


def test_a_seller_erased_after_the_first_look_is_found_by_the_second(
    decisions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data set is kept between an erasure's look at data sets and the end of it."""
    first = seller.data_sets.forget_seller

    def making_after(*asked: object) -> int:
        count = first(*asked)  # type: ignore[arg-type]
        monkeypatch.setattr(seller.data_sets, "forget_seller", first)
        make()
        return count

    monkeypatch.setattr(seller.data_sets, "forget_seller", making_after)
    assert erase_seller("s3", TESTS, "asked for").data_sets == 1
    assert artifacts().names(reading.FOLDER) == []


def test_files_of_a_making_that_was_killed_are_erased_too(
    decisions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making, "_store", killed)
        with pytest.raises(KeyboardInterrupt):
            make()
    assert len(artifacts().names(reading.FOLDER)) == 1
    assert not DataSetVersion.objects.exists()
    erase_seller("s3", TESTS, "asked for")
    assert artifacts().names(reading.FOLDER) == []


def test_files_that_the_store_lost_are_kept_again(decisions: None) -> None:
    until = timezone.now()
    stored = make(until)
    artifacts().remove(reading.artifact_name(stored.pk))
    assert make(until).pk == stored.pk
    assert len(reading.rows_of(stored)) == 80
