"""Secrets at rest: sealed with a key of the state folder, so that the database alone tells none."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from mimawari.errors import FieldProblem, InvalidInputError

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
    return nonce + AESGCM(_key()).encrypt(nonce, msgspec.json.encode(kept), url.encode())


def opened(sealed: bytes, url: str) -> tuple[Secret, ...]:
    """Decrypt what `seal` gave.

    Raises
    ------
    InvalidInputError
        The state folder has another key, or the row was changed.
    """
    try:
        text = AESGCM(_key()).decrypt(sealed[:NONCE], sealed[NONCE:], url.encode())
    except InvalidTag:
        problem = f"does not open with the {FILE} of this state folder"
        remedy = f"copy {FILE} from the host that made it, or rotate the secret"
        raise InvalidInputError(FieldProblem("secret", problem, remedy)) from None
    return msgspec.json.decode(text, type=tuple[Secret, ...])


def _key() -> bytes:
    """Read the key; made at first use, readable by its owner only."""
    path = Path(settings.CONFIG.state_dir) / FILE
    if not path.exists():
        _make(path)
    return bytes.fromhex(path.read_text("ascii").strip())


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(AESGCM.generate_key(256).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())  # what it seals must not outlive it
    try:
        os.link(fresh, path)  # atomic: of two first uses, one key wins
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
