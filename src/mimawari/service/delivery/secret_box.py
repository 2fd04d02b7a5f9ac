"""Secrets at rest: sealed with a key of the state folder, so that the database alone tells none."""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.platform.state_key import state_key

FILE = "webhook_key"
NONCE = 12


class Secret(msgspec.Struct, frozen=True):
    """What bodies are signed with, as the Standard Webhooks scheme writes it (``whsec_...``).

    Parameters
    ----------
    until
        When it stops to count; None for the newest.
    """

    text: str
    until: datetime | None = None


def seal(kept: tuple[Secret, ...], url: str) -> bytes:
    """Encrypt secrets for one address: of no use under another."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(state_key(FILE)).encrypt(nonce, msgspec.json.encode(kept), url.encode())


def opened(sealed: bytes, url: str) -> tuple[Secret, ...]:
    """Decrypt what `seal` gave.

    Raises
    ------
    InvalidInputError
        The state folder has another key, or the row was changed.
    """
    try:
        text = AESGCM(state_key(FILE)).decrypt(sealed[:NONCE], sealed[NONCE:], url.encode())
    except InvalidTag:
        problem = f"does not open with the {FILE} of this state folder"
        remedy = f"copy {FILE} from the host that made it, or rotate the secret"
        raise InvalidInputError(FieldProblem("secret", problem, remedy)) from None
    return msgspec.json.decode(text, type=tuple[Secret, ...])
