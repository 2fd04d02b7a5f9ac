"""The keys that signed the ledger one after the other, as its own events tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import InvalidInputError
from mimawari.ledger import notes
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.notes import VerifierKey
from mimawari.records.event import decode_body
from mimawari.service.audit.event_kinds import KEY_ROTATION, KeyRotation
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.models import Event

if TYPE_CHECKING:
    from collections.abc import Sequence


class KeyChain:
    """Which key signs a checkpoint of a size; the last one is that of the state folder.

    Parameters
    ----------
    rotations
        In their order, each with its event's place in the log.
    """

    def __init__(self, rotations: Sequence[tuple[int, KeyRotation]]) -> None:
        self.problems: list[tuple[str, str]] = []
        self._newest = signing_key().verifier
        self._older: list[tuple[int, VerifierKey]] = []
        key = self._newest
        for place, rotation in reversed(rotations):
            try:
                old = VerifierKey.parse(rotation.old)
                handed = notes.opened(rotation.note, old)
            except InvalidInputError as error:
                handed, problem = "", error.problems[0].problem
            else:
                problem = f"does not lead to the key {key.id.hex()}"
            if handed != f"{rotation.new}\n" or rotation.new != str(key):
                self.problems.append((f"the key rotation at place {place}", problem))
                return
            self._older.append((place, old))
            key = old

    def of(self, size: int) -> VerifierKey:
        """Give the key that signed when the log had so many events."""
        key = self._newest
        for place, old in self._older:
            if size > place:
                break
            key = old
        return key


class Rotations:
    """The rotations that events tell of, gathered while these are read."""

    def __init__(self) -> None:
        self._by_number: dict[int, KeyRotation] = {}

    def add(self, number: int, kind: str, _subject: str, body: str | None) -> None:
        """Take in an event."""
        if kind == KEY_ROTATION.name and (rotation := _rotation(body)) is not None:
            self._by_number[number] = rotation

    def chain(self, ids: Sequence[int]) -> KeyChain:
        """Give the keys, by the numbers of the events at each place."""
        known = self._by_number
        if not known:
            return KeyChain(())
        return KeyChain([(place, known[n]) for place, n in enumerate(ids) if n in known])


def opened(note: str) -> Checkpoint:
    """Read a checkpoint that this log signed, with whatever key it had then.

    Raises
    ------
    InvalidInputError
        It is none of this log, or was changed.
    """
    rows = Event.objects.filter(kind=KEY_ROTATION.name, sequence__isnull=False)
    rotations = [
        (place, rotation)
        for place, body in rows.order_by("sequence").values_list("sequence", "body")
        if place is not None and (rotation := _rotation(body)) is not None
    ]
    size = Checkpoint.parse(notes.text_of(note)).size
    return Checkpoint.opened(note, KeyChain(rotations).of(size))


def _rotation(body: str | None) -> KeyRotation | None:
    """Read an event's; None where it cannot be, as its leaf says already that it was changed."""
    try:
        return msgspec.json.decode(decode_body(body or "").details, type=KeyRotation)
    except msgspec.DecodeError:
        return None
