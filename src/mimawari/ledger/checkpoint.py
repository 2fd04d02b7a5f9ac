"""The head of a log: its name, how many leaves it has, and their root (C2SP's tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Self

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger import notes
from mimawari.ledger.merkle import SIZE

if TYPE_CHECKING:
    from mimawari.ledger.notes import SigningKey, VerifierKey


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log commits to when it signs.

    Examples
    --------
    >>> head = Checkpoint("example.com/log", 0, b"." * 32)
    >>> Checkpoint.parse(head.text) == head
    True
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, *keys: SigningKey) -> str:
        """Give the signed note, with a signature of each key."""
        return notes.signed(self.text, *keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the lines; any after the third are left to those who wrote them."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not all(lines) or not lines[1].isdecimal() or not lines[1].isascii():
            raise InvalidInputError(_not_a_checkpoint())
        try:
            root = base64.b64decode(lines[2], validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInputError(_not_a_checkpoint()) from None
        if len(root) != SIZE or str(int(lines[1])) != lines[1]:
            raise InvalidInputError(_not_a_checkpoint())
        return cls(lines[0], int(lines[1]), root)

    @classmethod
    def opened(cls, note: str, key: VerifierKey) -> Self:
        """Read a signed note, once its signature is checked.

        Raises
        ------
        InvalidInputError
            It is none of this log, was changed, or is no checkpoint.
        """
        if key.name not in [name for name, _ in notes.signers(note)]:
            problem = f"is of another log: this one is {key.name}"
            raise InvalidInputError(
                FieldProblem("checkpoint", problem, "name a checkpoint of this log")
            )
        return cls.parse(notes.opened(note, key))


def _not_a_checkpoint() -> FieldProblem:
    return FieldProblem("checkpoint", "is no checkpoint", "take the file as it was printed")
