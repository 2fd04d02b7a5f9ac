"""The newest events alone: what `mimawari check` compares."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.service.audit.world import ANNA, NOTE, Note, change, write
from tests.stores import unsealed

from mimawari.service.audit.erase import erase_events
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import seal, seal_all
from mimawari.service.audit.verify_end import verify_end

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def numbers() -> list[int]:
    """A thousand sealed events and one that waits."""
    with transaction.atomic():
        made = [record(NOTE, i, ANNA, Note("x")).pk for i in range(1_000)]
    seal_all()
    return [*made, *write(1)]


def texts(most: int = 10_000) -> list[str]:
    return [str(problem) for problem in verify_end(most)]


@pytest.mark.parametrize("most", [0, 1, 255, 256, 700, 1_000, 10_000])
def test_whatever_part_is_compared_fits(most: int, numbers: list[int]) -> None:
    assert texts(most) == []
    erase_events(numbers[990:995], ANNA, "asked")
    seal()
    assert texts(most) == []


def test_an_empty_ledger_fits() -> None:
    assert texts() == []


@pytest.mark.parametrize("place", [0, 300, 999])
@pytest.mark.parametrize(
    ("assignment", "problem"),
    [
        ("subject = 'other'", "does not fit the checkpoint of 1000: it was changed"),
        ("body = 'other'", "its body is not the one it commits to: it was changed"),
    ],
)
def test_a_changed_event_is_named(
    place: int, assignment: str, problem: str, numbers: list[int]
) -> None:
    with unsealed():
        change(f"UPDATE audit_event SET {assignment} WHERE id = %s", numbers[place])
    assert texts() == [f"event {numbers[place]}: {problem}"]
    # The last 232 are in the last tile.
    assert bool(texts(most=1)) == (place == 999)


def test_deleted_events_and_changed_hashes_are_found(numbers: list[int]) -> None:
    with unsealed():
        change("DELETE FROM audit_event WHERE id IN (%s, %s)", numbers[3], numbers[998])
    assert texts() == ["the newest 1000 events: 2 are gone: they were deleted"]
    with unsealed():
        change("UPDATE audit_tile SET hashes = %s WHERE level = 1", b"x" * 96)
    assert "does not fit the stored hashes" in texts()[0]


def test_it_reads_no_more_than_it_is_asked_for(numbers: list[int]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert texts(most=100) == []
    read = [q["sql"] for q in queries if "audit_event" in q["sql"]]
    assert len(read) == 1
    assert "BETWEEN 768 AND 999" in read[0]
    assert Event.objects.count() == 1_001
