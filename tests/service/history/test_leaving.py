"""Erasures and retention reach what left the database, and the ledger still verifies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.test import override_settings
from tests.acting import TESTS
from tests.service.audit.world import problems, recorded
from tests.service.conftest import listing
from tests.service.history.world import DAY, FIRST, Clock, close
from tests.service.working import work_off

from mimawari.datasets.history.sent import sent_rows
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.history import days, editions, erasing, moved
from mimawari.service.history.models import ClosedDay
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason, ListingVersion
from mimawari.service.media.models import Picture, Snapshot, SnapshotState
from mimawari.service.retention import closed as closed_module
from mimawari.service.retention.moving import move
from mimawari.service.retention.remove import remove
from mimawari.service.review.listing_history import history_of

pytestmark = pytest.mark.django_db(transaction=True)
AFTER = DAY + timedelta(days=1)


@pytest.fixture
def two_sellers(world: Clock) -> Clock:
    """Beside the other seller's, three listings of one with a word in their texts."""
    world.now = FIRST + timedelta(hours=2)
    log.append(
        [
            Listing(id=f"E{n}", version=1, seller_id="elsa", title=f"cup with a heron {n}")
            for n in range(3)
        ]
    )
    work_off(batch=2)
    world.now = FIRST + timedelta(days=60)
    seal_all()
    return world


def texts() -> str:
    """Everything that files of closed days say."""
    paths = [days.file_of(row, kind) for row in days.closed_days() for kind in ("sent", "scores")]
    return " ".join(str(pq.read_table(path).to_pylist()) for path in paths)


@pytest.mark.parametrize("moves", [False, True])
def test_a_seller_is_erased_wherever_the_rows_are(two_sellers: Clock, moves: bool) -> None:
    row = close()
    if moves:
        move(row, TESTS, "over")
        assert not ListingVersion.objects.filter(seller_id="elsa").exists()
    assert "heron" in texts()
    dry = erase_seller("elsa", TESTS, "asked", dry_run=True)
    assert (dry.versions, dry.history) == (0 if moves else 3, 3)
    tally = erase_seller("elsa", TESTS, "asked")
    assert (tally.versions, tally.history) == (0 if moves else 3, 3)
    assert "heron" not in texts()
    assert "elsa" not in texts()
    assert problems() == []
    new = days.closed_days()[0]
    assert (new.cause, new.scores, new.totals) == ("erased", row.scores, row.totals)
    assert new.sent != row.sent
    assert len(artifacts().names(days.FOLDER)) == 4, "the old file is gone"
    assert recorded("closed_day")[-1]["details"]["sent"] == new.sent
    seen = history_of("E1")
    assert seen is not None
    assert (seen.versions[0].state, seen.versions[0].listing.title) == ("erased", "(erased)")
    with pytest.raises(InvalidInputError, match="no listing is of 'elsa'"):
        erase_seller("elsa", TESTS, "asked")


def test_versions_that_lie_far_apart_are_read_at_once(
    two_sellers: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = verify().rows
    move(close(), TESTS, "over")
    monkeypatch.setattr(moved, "SCORES_STRETCH", -1)
    monkeypatch.setattr(moved, "_scores", lambda *_: pytest.fail("a stretch was read"))
    assert (verify().rows, problems()) == (before, [])
    erase_seller("elsa", TESTS, "asked")
    assert "heron" not in texts()
    assert problems() == []


@pytest.mark.parametrize("step", ["put_file", "write_edition", "remove_others"])
def test_an_erasure_that_was_stopped_goes_on(
    step: str, two_sellers: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(close(), TESTS, "over")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    where = {"put_file": editions, "write_edition": erasing, "remove_others": days}[step]
    with monkeypatch.context() as patch:
        patch.setattr(where, step, stop)
        with pytest.raises(KeyboardInterrupt):
            erase_seller("elsa", TESTS, "asked")
    assert problems() == []
    erase_seller("elsa", TESTS, "asked")
    assert not any(erasing.files_with("elsa"))
    assert "heron" not in texts()
    assert problems() == []


def test_pictures_of_what_left_go_with_the_seller(two_sellers: Clock) -> None:
    version = ListingVersion.objects.get(listing_id="E1")
    picture = Picture.objects.create(
        pk="ab" * 32, bytes=3, width=1, height=1, pdq_quality=0, first_seen_at=FIRST
    )
    Snapshot.objects.create(
        listing_version=version,
        position=0,
        url="https://img.example/heron",
        state=SnapshotState.KEPT,
        picture=picture,
        due_at=FIRST,
    )
    move(close(), TESTS, "over")
    assert not Snapshot.objects.exists()
    assert Picture.objects.exists()
    assert "img.example" in texts()
    assert erase_seller("elsa", TESTS, "asked").pictures == {picture.pk}
    assert not Picture.objects.exists()
    assert "img.example" not in texts()


def test_rows_of_erased_versions_stay_checked(two_sellers: Clock) -> None:
    """Their commitments stay, those of their neighbours are compared with the file."""
    before = verify().rows
    move(close(), TESTS, "over")
    erase_seller("elsa", TESTS, "asked")
    assert verify().rows == before
    row = days.closed_days()[0]
    path = days.file_of(row, "sent")
    table = pq.read_table(path)
    rows = sent_rows(table)
    assert sum(row.erased for row in rows) == 3
    at = table.column_names.index("payload")
    changed = [p.replace("a cup", "a mug") for p in table["payload"].to_pylist()]
    pq.write_table(table.set_column(at, "payload", [changed]), path)
    assert problems(), "L1 to L9 are not as they were committed to"


@pytest.mark.parametrize("moves", [False, True])
def test_retention_removes_closed_days_whole(two_sellers: Clock, moves: bool) -> None:
    record_ended([Report("L3", EndReason.SOLD)], TESTS)
    seal_all()
    row = close()
    if moves:
        move(row, TESTS, "over")
    dry = remove(AFTER, TESTS, "a year is over", dry_run=True)
    tally = remove(AFTER, TESTS, "a year is over")
    assert tally.days == dry.days == {DAY: 12}
    assert problems() == []
    assert not artifacts().names(days.FOLDER)
    assert ClosedDay.objects.latest("pk").cause == "removed"
    assert history_of("L5") is None
    assert history_of("L0") is not None, "an alert keeps it"
    assert remove(AFTER, TESTS, "a year is over").days == {}
    with pytest.raises(InvalidInputError, match="no listing is of 'elsa'"):
        erase_seller("elsa", TESTS, "asked")
    # A row that comes back is found, as is one of those that are kept and go.
    assert (report := verify()).removed == 12 + 12 + 1
    assert not report.problems


def test_retention_that_was_stopped_goes_on(
    two_sellers: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_module, "CHUNK", 5)
    move(close(), TESTS, "over")
    steps = closed_module.remove_closed(AFTER, TESTS, "over")
    next(steps)
    steps.close()
    assert problems() == []
    assert history_of("L9") is not None
    remove(AFTER, TESTS, "over")
    assert problems() == []
    assert not artifacts().names(days.FOLDER)


def test_a_changed_file_is_not_removed(two_sellers: Clock) -> None:
    row = close()
    move(row, TESTS, "over")
    path = days.file_of(row, "sent")
    table = pq.read_table(path)
    at = table.column_names.index("payload")
    pq.write_table(table.set_column(at, "payload", [["{}"] * len(table)]), path)
    with pytest.raises(InvalidInputError, match="removing its rows would hide that"):
        remove(AFTER, TESTS, "over")
    assert ClosedDay.objects.latest("pk").cause == "moved"


def test_what_was_sent_again_after_it_left_is_a_version_of_its_own(two_sellers: Clock) -> None:
    """As after retention: the files are not asked when a listing comes."""
    move(close(), TESTS, "over")
    assert log.append([listing(5)]) == ["accepted"]
    work_off()
    seen = history_of("L5")
    assert seen is not None
    assert [version.version for version in seen.versions] == [1, 1]
    assert problems() == []


def test_an_object_store_holds_history_as_well(two_sellers: Clock, tmp_path: Path) -> None:
    changed = msgspec.structs.replace(settings.CONFIG, artifact_url=f"memory://{tmp_path.name}")
    with override_settings(CONFIG=changed):
        before = history_of("L5")
        move(close(), TESTS, "over")
        assert history_of("L5") == before
        assert problems() == []
        erase_seller("elsa", TESTS, "asked")
        assert "heron" not in texts()
        copies = Path(settings.CONFIG.state_dir, "copies", days.FOLDER)
        assert len(list(copies.glob("*-sent-*"))) == 1, "of the old file no copy is left here"
        assert problems() == []
        assert history_of("L5") == before
