"""What the verification finds, past the triggers and with hashes rewritten too."""

from __future__ import annotations

import random
import threading

import pytest
from bench.worlds.ledger import decide, prepare
from bench.worlds.tamper import rewrite_tiles, tamper
from django.db import connection, transaction
from tests.service.audit.world import ANNA, NOTE, Note, change, newest, problems, write
from tests.stores import unsealed

from mimawari.errors import InvalidInputError
from mimawari.ledger import tiles
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.leaves import commitment
from mimawari.ledger.notes import SigningKey
from mimawari.service.audit import models
from mimawari.service.audit import verify as verify_module
from mimawari.service.audit.erase import erase_events
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)


def sealed(*counts: int) -> list[int]:
    """Events in sealed batches of so many; gives their numbers."""
    numbers: list[int] = []
    for count in counts:
        numbers += write(count)
        assert seal() == count
    return numbers


CHANGES = [
    "kind = 'other'",
    "subject = 'other'",
    "at = at + 1",
    "principal = '8'",
    "principal_kind = 'key'",
    "commitment = salt",
    "salt = commitment",
    "body = 'other'",
    "body = NULL, salt = NULL",
    "body = NULL",
    "sequence = 77",
    "sequence = NULL",
    "id = 7000",
]


@pytest.mark.parametrize("assignment", CHANGES)
def test_a_changed_column_is_found_and_its_event_named(assignment: str) -> None:
    numbers = sealed(3, 4)
    with unsealed():
        change(f"UPDATE audit_event SET {assignment} WHERE id = %s", numbers[4])
    texts = " ".join(problems())
    assert f"event {numbers[4]}" in texts or "place 4" in texts or "event 7000" in texts


def test_a_deleted_event_is_found_and_its_place_named() -> None:
    numbers = sealed(3, 4)
    with unsealed():
        change("DELETE FROM audit_event WHERE id = %s", numbers[2])
    assert problems() == ["the event at place 2: is gone: it was deleted"]


def test_deleted_ends_are_found() -> None:
    numbers = sealed(3, 4)
    with unsealed():
        change("DELETE FROM audit_event WHERE id IN (%s, %s)", numbers[0], numbers[6])
    assert [text.split(":")[0] for text in problems()] == [
        "the event at place 0",
        "the event at place 6",
    ]


@pytest.mark.parametrize("place", [3, 7, 10**12])
def test_an_inserted_event_is_found(place: int) -> None:
    numbers = sealed(3, 4)
    row = models.Event.objects.filter(pk=numbers[3]).values().get()
    with unsealed():
        if place == 3:
            change("UPDATE audit_event SET sequence = NULL WHERE id = %s", numbers[3])
        models.Event.objects.create(**row | {"id": 5_000, "sequence": place})
    assert any(text.startswith("event 5000:") for text in problems())


def test_a_forged_event_with_its_leaf_is_found_as_its_batch() -> None:
    """Body, commitment, leaf and every tile made anew: only the signature cannot be."""
    numbers = sealed(3, 4, 2)
    event = models.Event.objects.get(pk=numbers[4])
    event.body = '{"by":"anna","reason":"","details":{"text":"never"}}'
    event.commitment = commitment(bytes(event.salt or b""), event.body.encode())
    with unsealed():
        event.save()
        rewrite_tiles()
    assert problems() == [
        f"sealed batch from event {numbers[3]} to event {numbers[6]}: does not fit the "
        "checkpoint of 7: it was changed, hashes and all"
    ]


def test_a_cut_tail_is_found_with_a_kept_checkpoint() -> None:
    sealed(3, 4)
    kept = newest()
    with unsealed():
        change("DELETE FROM audit_event WHERE sequence >= 3")
        change("DELETE FROM audit_checkpoint WHERE size > 3")
        rewrite_tiles()
    assert problems() == []
    assert problems(kept) == ["the kept checkpoint of 7: the ledger holds 3 events: 4 were cut off"]


def test_a_log_signed_anew_is_found_with_a_kept_checkpoint() -> None:
    """Whoever holds the key can rewrite all but what others keep."""
    sealed(3, 4)
    kept = newest()
    assert problems(kept) == []
    with unsealed():
        change("UPDATE audit_event SET subject = 'other' WHERE sequence = 1")
        rewrite_tiles()
        change("DELETE FROM audit_checkpoint")
        root = tiles.root(read, 7)
        note = Checkpoint(signing_key().name, 7, root).signed(signing_key())
        models.Checkpoint.objects.create(size=7, note=note)
    assert problems() == []
    (problem,) = problems(kept)
    assert problem.startswith("the kept checkpoint of 7: the ledger's first 7 events are others")


def read(level: int, number: int) -> bytes:
    return bytes(models.Tile.objects.get(level=level, number=number).hashes)


def test_a_log_that_only_grew_fits_an_older_checkpoint() -> None:
    sealed(3)
    kept = newest()
    sealed(5)
    write(1)
    assert problems(kept) == []


def test_a_checkpoint_of_another_log_is_refused() -> None:
    sealed(3)
    other = SigningKey.generate("shop.example/log")
    note = Checkpoint(other.name, 3, newest().root).signed(other)
    with pytest.raises(InvalidInputError, match=r"of another log: this one is mimawari\.local/"):
        Checkpoint.opened(note, signing_key().verifier)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_checkpoint SET note = 'x' WHERE size = 3",
        "UPDATE audit_checkpoint SET size = 5 WHERE size = 3",
        "DELETE FROM audit_checkpoint WHERE size = 7",
        "UPDATE audit_tile SET number = 3",
        "DELETE FROM audit_tile",
    ],
)
def test_changed_heads_and_tiles_are_found(statement: str) -> None:
    sealed(3, 4)
    with unsealed():
        change(statement)
    assert problems()


def test_a_changed_tile_above_the_leaves_is_found() -> None:
    with transaction.atomic():
        for i in range(300):
            record(NOTE, i, ANNA, Note("x"))
    seal()
    with unsealed():
        change("UPDATE audit_tile SET hashes = %s WHERE level = 1", b"x" * 32)
    assert problems() == ["tile 1/0: does not fit the leaves 0 to 65535"]


def test_erased_events_still_verify_and_reveal_nothing() -> None:
    numbers = sealed(3, 4)
    kept = newest()
    assert erase_events(numbers[1:3], ANNA, "asked by the person") == 2
    assert erase_events(numbers[1:3], ANNA, "again") == 0
    event = models.Event.objects.get(pk=numbers[1])
    assert (event.salt, event.body) == (None, None)
    assert problems(kept) == []
    seal()
    report = verify(kept)
    assert (report.problems, report.erased, report.events) == ((), 2, 8)


def test_what_verifies_others_is_never_erased() -> None:
    numbers = sealed(3)
    erase_events(numbers[:1], ANNA, "asked")
    (erasure,) = models.Event.objects.filter(kind="erasure").values_list("pk", flat=True)
    with pytest.raises(InvalidInputError, match="holds nothing personal"):
        erase_events([erasure, numbers[1]], ANNA, "asked")


def test_an_erasure_that_nobody_recorded_is_found() -> None:
    numbers = sealed(3)
    change("UPDATE audit_event SET salt = NULL, body = NULL WHERE id = %s", numbers[1])
    assert problems() == [
        f"event {numbers[1]}: has no body, and no erasure tells of it: it was deleted"
    ]


def test_others_write_while_all_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verification sees one moment, and holds no lock that a writer waits for."""
    sealed(3)
    original = verify_module.check_log

    def interrupted(*given: object) -> object:
        thread = threading.Thread(target=lambda: (write(2), seal(), connection.close()))
        thread.start()
        thread.join()
        return original(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(verify_module, "check_log", interrupted)
    report = verify()
    assert (report.events, report.problems) == (3, ())
    assert newest().size == 5


def test_random_changes_are_all_found() -> None:
    """A hundred here; the bench makes a thousand (python -m bench ledger)."""
    alert = prepare(30)
    with transaction.atomic():
        decide(alert, 20)
    seal()
    sealed(*[5] * 4)
    kept = newest()
    assert problems(kept) == []
    draw = random.Random(7)
    with unsealed():
        for _ in range(100):
            with transaction.atomic():
                change_made = tamper(draw)
                assert problems(kept), change_made
                transaction.set_rollback(True)
    assert problems(kept) == []
