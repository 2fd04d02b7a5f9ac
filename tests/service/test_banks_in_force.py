"""Banks of known pictures: in force they count as rules do, and nothing that is wrong stops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings
from tests.acting import GRACE
from tests.media.drawn import encoded, picture, scene
from tests.media.servers import Server, ok, serving
from tests.service.audit.world import recorded as ledger_events
from tests.service.picture_service import fetch_all, keep_from, shows
from tests.service.working import work

from mimawari.detectors.banks import Verdict, add, entry_of
from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert
from mimawari.service.catalogue import banks
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.console.item import build_item
from mimawari.service.intake import log
from mimawari.service.project import checks
from mimawari.service.releases import generations
from mimawari.service.releases.activating_banks import activate_bank, deactivate_bank
from mimawari.service.releases.building import build_suite
from mimawari.service.releases.models import Generation
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.models import Score

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
AT = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path / "state")
        smaller = scene(1, 240, 320)[::2, ::2]
        server.answers["/gun.jpg"] = ok(encoded(smaller, "JPEG", quality=70))
        server.answers["/cup.jpg"] = ok(encoded(scene(50, 240, 320), "JPEG"))
        yield server


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    path = tmp_path / "known.jsonl"
    add(path, [entry_of(picture(1), "weapons", Verdict.BAD, "ann", AT, "case 17")])
    return path


def score(*listings: object) -> dict[str, list[str]]:
    """Take listings in, fetch their pictures, score them; gives the rules that hit."""
    log.append(listings)  # type: ignore[arg-type]
    fetch_all()
    work()
    rows = Score.objects.select_related("listing_version")
    return {one.listing_version.listing_id: one.rule_hits for one in rows}


def test_a_known_picture_is_alerted_with_its_reason(shop: Server, bank: Path) -> None:
    number = activate_bank(bank, GRACE, "raids", 0.95)
    listings = [shows(shop, "cup.jpg", "gun.jpg", number=1), shows(shop, "cup.jpg", number=2)]
    assert score(*listings) == {"L1": ["weapons/bank known"], "L2": []}
    alert = Alert.objects.get()
    assert (alert.listing_version.listing_id, alert.topic) == ("L1", "weapons")
    assert alert.score == pytest.approx(0.95)
    history = history_of("L1")
    assert history is not None
    assert history.versions[0].score is not None
    topic = history.versions[0].score.topics["weapons"]
    assert (topic.rules, topic.model) == (["weapons/bank known"], None)
    with translation.override("en"):  # a test before this one may have left another
        (rule,) = build_item(alert).rules
    assert rule.name == "known"
    assert rule.note.startswith("image 2 is nearly a known one (")
    assert rule.note.endswith(" · case 17 · ann · 2026-01-31")
    assert [one.rule for one in blind_item(alert).rules] == ["weapons/bank known"]
    (entry,) = ledger_events("bank")
    assert (entry["kind"], entry["subject"], entry["details"]["generation"]) == (
        "bank",
        "known",
        number,
    )
    assert checks.problems() == []


def test_what_a_rule_says_stays_beside_it(shop: Server, bank: Path) -> None:
    activate_bank(bank, GRACE, "raids", 0.3)
    hits = score(shows(shop, "gun.jpg", title="a pistol"))
    assert hits == {"L1": ["weapons/word", "weapons/bank known"]}
    assert Alert.objects.get().score == pytest.approx(0.5), "the surer of both counts"


def test_a_bank_counts_until_it_is_taken_back(shop: Server, bank: Path) -> None:
    activate_bank(bank, GRACE, "raids", 0.95)
    number = deactivate_bank("known", GRACE, "too many wrong hits")
    assert Generation.objects.latest("number").number == number
    assert score(shows(shop, "gun.jpg")) == {"L1": []}
    with pytest.raises(InvalidInputError, match="'known' is not in force"):
        deactivate_bank("known", GRACE, "again")


def test_what_is_added_counts_once_it_is_activated(shop: Server, bank: Path) -> None:
    activate_bank(bank, GRACE, "raids", 0.95)
    add(bank, [entry_of(picture(50), "weapons", Verdict.BAD, "ann", AT)])
    assert score(shows(shop, "cup.jpg", number=1)) == {"L1": []}
    activate_bank(bank, GRACE, "more", 0.95)
    assert score(shows(shop, "cup.jpg", number=2))["L2"] == ["weapons/bank known"]


def test_a_copy_that_changed_is_left_out_and_told(
    shop: Server, bank: Path, settings: Settings
) -> None:
    activate_bank(bank, GRACE, "raids", 0.95)
    newest = generations.current()
    assert newest is not None
    (one,) = banks.in_force(newest.manifest)
    copy = artifacts().folder(one.place) / "known.jsonl"
    add(copy, [entry_of(picture(50), "weapons", Verdict.BAD, "mallory", AT)])
    hits = score(
        shows(shop, "gun.jpg", number=1, title="a pistol"), shows(shop, "cup.jpg", number=2)
    )
    assert hits == {"L1": ["weapons/word"], "L2": []}
    (problem,) = checks.problems()
    assert problem.field == "bank known"
    suite = build_suite(newest.manifest, newest.number)
    assert list(suite.absent) == ["bank known"]
    copy.unlink()
    assert checks.problems() != []


def test_what_is_no_bank_changes_nothing(bank: Path, tmp_path: Path) -> None:
    before = Generation.objects.count()
    other, empty, odd = (tmp_path / n for n in ("other.jsonl", "empty.jsonl", "a b.jsonl"))
    add(other, [entry_of(picture(1), "fireworks", Verdict.BAD, "ann", AT)])
    empty.write_bytes(b"")
    odd.write_bytes(bank.read_bytes())
    refused = {
        other: "'fireworks' has no topic file",
        empty: "holds no picture",
        odd: "would be a bank named",
        tmp_path / "none.jsonl": "cannot be read",
    }
    for path, said in refused.items():
        with pytest.raises(InvalidInputError, match=said):
            activate_bank(path, GRACE, "why", 0.95)
    with pytest.raises(InvalidInputError, match="score"):
        activate_bank(bank, GRACE, "why", 1.5)
    assert Generation.objects.count() == before
