"""What a model was trained on: from the store, until when, and that it says so."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.media.drawn import encoded, scene
from tests.service.working import work

from mimawari.cli.main import main
from mimawari.cli.training import StoreSource, read_task
from mimawari.evaluation.choosing.prepare import Beside, settings_of
from mimawari.listings.listing import Listing
from mimawari.listings.media.decode import decode
from mimawari.listings.media.hashes import pdq
from mimawari.listings.writers import write_labelled
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.media.fetching import FetchedPicture
from mimawari.service.media.leases import settle
from mimawari.service.media.models import Snapshot
from mimawari.service.media.pictures import store
from mimawari.service.releases.models import Generation
from mimawari.service.review import labels
from mimawari.service.review.models import Decision, Verdict

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
WORDS = ("a sabre", "a cup")


@pytest.fixture
def trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, str]]]:
    """Give a function that trains as typed: the number of labels, and the model's lineage."""

    def run(*words: str) -> tuple[int, dict[str, str]]:
        folder = tmp_path / f"model{len(list(tmp_path.iterdir()))}"
        command = ["mimawari", "train", "--topic", "weapons", "--least", "5", "-o", str(folder)]
        monkeypatch.setattr("sys.argv", [*command, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr().out
        assert not ended.value.code, said
        count = re.search(r"(\d+) labelled listings", said)
        assert count is not None
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        return int(count[1]), manifest["lineage"]

    return run


@pytest.fixture
def decisions(generation: int) -> None:
    """Decide on 80 listings: the first half ten days ago, the rest now."""
    rows = [
        Listing(id=f"L{i}", version=1, seller_id=f"s{i % 11}", title=f"{WORDS[i % 2]} {i}")
        for i in range(80)
    ]
    log.append(rows)
    work()
    anna, newest = User.objects.create_user("anna"), Generation.objects.latest("number")
    Alert.objects.all().delete()
    for i, version in enumerate(ListingVersion.objects.order_by("id")):
        alert = Alert.objects.create(
            listing_version=version,
            topic="weapons",
            day=timezone.now().date(),
            score=0.5,
            priority=0.5,
            state=AlertState.DECIDED,
            created_at=timezone.now(),
        )
        Decision.objects.create(
            alert=alert,
            moderator=anna,
            verdict=Verdict.DOES_NOT_VIOLATE if i % 2 else Verdict.VIOLATES,
            policy_version=1,
            generation=newest,
            decided_at=timezone.now() - timedelta(days=10 if i < 40 else 0),
            seconds=1.0,
        )


def test_from_the_store(
    decisions: None, trained: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    count, lineage = trained()
    assert count == 80
    until = datetime.fromisoformat(lineage["labels_until"])
    assert abs(until - datetime.now(UTC)) < timedelta(minutes=5)


def test_from_the_store_until_a_day(
    decisions: None, trained: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    day = (NOW - timedelta(days=5)).date()
    count, lineage = trained("--until", f"{day:%Y-%m-%d}")
    assert count == 40
    assert datetime.fromisoformat(lineage["labels_until"]) == datetime(
        day.year, day.month, day.day, tzinfo=UTC
    )
    earlier = list(labels.labelled_listings("weapons", NOW - timedelta(days=5)))
    assert {row[0].id for row in earlier} == {f"L{i}" for i in range(40)}


def test_a_gated_unit_sees_the_pictures_that_were_kept(
    decisions: None, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.CONFIG = msgspec.structs.replace(
        settings.CONFIG, image_origins=("https://img.example",), state_dir=str(tmp_path)
    )
    seen = [encoded(scene(seed, 60, 80)) for seed in (1, 2)]
    for row, data in zip(ListingVersion.objects.order_by("id"), seen, strict=False):
        keep(row, data)
    asked = ("weapons", StoreSource(), ("gmu",), settings_of(5), Beside())
    task = read_task(*asked)
    assert "2 of them have pictures that were kept" in capsys.readouterr().out
    assert task.settings.gmu.spec.picture is not None
    shown = {one.id: [p.sha256 for p in task.pictures.of(one)] for one in task.rows.listings}
    names = [hashlib.sha256(data).hexdigest() for data in seen]
    assert [shown[f"L{i}"] for i in range(3)] == [[names[0]], [names[1]], []]
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, image_origins=())
    assert read_task(*asked).settings.gmu.spec.picture is None


def keep(version: ListingVersion, data: bytes) -> None:
    """Keep a picture of a listing version, as the keeper does."""
    kept = FetchedPicture(store().put(data), len(data), 80, 60, pdq(decode(data)))
    one = Snapshot.objects.create(
        listing_version=version, position=0, url="https://img.example/1", due_at=NOW
    )
    settle([(one, kept)])


def test_from_a_file(trained: Callable[..., tuple[int, dict[str, str]]], tmp_path: Path) -> None:
    rows = [
        Listing(
            id=str(i),
            version=1,
            seller_id=f"s{i % 11}",
            title=f"{WORDS[i % 2]} {i}",
            created_at=None if i < 20 else NOW - timedelta(days=i),
        )
        for i in range(80)
    ]
    source = tmp_path / "labelled.jsonl"
    write_labelled(source, ((one, {"weapons": 1 - i % 2}) for i, one in enumerate(rows)))
    count, lineage = trained("--from", str(source))
    assert count == 80
    assert "labels_until" not in lineage, "a file does not say when its labels were made"
    day = NOW - timedelta(days=40)
    count, lineage = trained("--from", str(source), "--until", f"{day:%Y-%m-%dT%H:%M:%S}+0000")
    assert 58 <= count <= 60, "listings without a time stay"
    assert lineage["labels_until"] == day.isoformat(timespec="seconds")


def test_the_future_is_now(
    decisions: None, trained: Callable[..., tuple[int, dict[str, str]]]
) -> None:
    _, lineage = trained("--until", "2199-01-01")
    assert datetime.fromisoformat(lineage["labels_until"]) <= datetime.now(UTC)
