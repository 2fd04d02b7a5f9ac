"""Texts signed with Ed25519, as C2SP's signed notes: what a log publishes of itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from typing import NoReturn, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mimawari.errors import FieldProblem, InvalidInputError

ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SECRET = "PRIVATE+KEY+"  # noqa: S105 (the format's first words)
_MOST_SIGNATURES = 100


class VerifierKey(msgspec.Struct, frozen=True):
    """The public half, written ``name+id+base64``."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Tell keys of one name apart; no protection in itself."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text.

        Examples
        --------
        >>> text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        >>> str(VerifierKey.parse(text)) == text
        True
        """
        name, public = _parse(text)
        key = cls(name, public)
        return key if str(key) == text else _refuse_key()


class SigningKey(msgspec.Struct, frozen=True):
    """The secret half, written ``PRIVATE+KEY+name+id+base64``."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """The key that others check signatures with."""
        return VerifierKey(self.name, self._key().public_key().public_bytes_raw())

    def __str__(self) -> str:
        secret = _base64(ED25519 + self.seed)
        return f"{_SECRET}{self.name}+{self.verifier.id.hex()}+{secret}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"  # a log must never show the seed

    @classmethod
    def generate(cls, name: str) -> Self:
        """Draw a key."""
        return cls(name, secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key from its text."""
        if not text.startswith(_SECRET):
            _refuse_key()
        key = cls(*_parse(text.removeprefix(_SECRET)))
        return key if str(key) == text else _refuse_key()

    def sign(self, text: str) -> str:
        """Give the note of a text, which ends with a newline."""
        return signed(text, self)

    def signature(self, text: str) -> str:
        """Give a note's line with the signature of its text."""
        signature = _base64(self.verifier.id + self._key().sign(text.encode()))
        return f"— {self.name} {signature}\n"

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def signed(text: str, *keys: SigningKey) -> str:
    """Give the note of a text, which ends with a newline, signed by each key in turn."""
    if not _is_text(text):
        problem = "is no text that can be signed"
        raise InvalidInputError(FieldProblem("note", problem, "end it with a line's end"))
    return "\n".join((text, "".join(key.signature(text) for key in keys)))


def signers(note: str) -> list[tuple[str, bytes]]:
    """Give names and key ids of those who signed, as the note says; nothing is checked."""
    return [(name, signature[:4]) for name, signature in _parts(note)[1]]


def text_of(note: str) -> str:
    """Give the text of a note; whoever signed it, nothing is checked."""
    return _parts(note)[0]


def opened(note: str, key: VerifierKey) -> str:
    """Give the text of a note that a key signed.

    Raises
    ------
    InvalidInputError
        It is no note, the key did not sign it, or a signature of the key is wrong.
    """
    text, signatures = _parts(note)
    ours = [s[4:] for name, s in signatures if (name, s[:4]) == (key.name, key.id)]
    if not ours:
        names = ", ".join(name[:80] for name, _ in signatures)
        _refuse(f"is signed by {names}, not by {key.name} with the key {key.id.hex()}")
    try:
        for signature in ours:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        _refuse(f"does not bear the signature of {key.name}: its text was changed")
    return text


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, blank, lines = note.rpartition("\n\n")
    rows = lines.removesuffix("\n").split("\n")
    if not (blank and lines.endswith("\n") and _is_text(note) and len(rows) <= _MOST_SIGNATURES):
        _refuse("is no signed note")
    signatures = []
    for row in rows:
        dash, _, rest = row.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = _bytes(encoded)
        if dash != "—" or not _NAME.fullmatch(name) or signature is None or len(signature) <= 4:
            _refuse("is no signed note")
        signatures.append((name, signature))
    return text + "\n", signatures


def _is_text(text: str) -> bool:
    return text.endswith("\n") and all(letter >= " " or letter == "\n" for letter in text)


def _parse(text: str) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    material = _bytes(rest.partition("+")[2])
    if not _NAME.fullmatch(name) or material is None or len(material) != 33:
        _refuse_key()
    return name, material[1:]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None  # one text for each signature


def _refuse(problem: str) -> NoReturn:
    raise InvalidInputError(FieldProblem("checkpoint", problem, "take the file as it was printed"))


def _refuse_key() -> NoReturn:
    problem = "is no Ed25519 key of a signed note"
    raise InvalidInputError(FieldProblem("key", problem, "take the text as it was printed"))
