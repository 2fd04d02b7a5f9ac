"""The key that signs checkpoints: made at first use, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from mimawari.ledger.notes import SigningKey
from mimawari.service.platform.state_key import keep_first

FILE, NEXT = "ledger_key", "ledger_key.next"


def signing_key() -> SigningKey:
    """Read the key from the state folder; the log's name is drawn with it."""
    path = _folder() / FILE
    if not path.exists():
        keep_first(path, str(SigningKey.generate(f"mimawari.local/{secrets.token_hex(8)}")))
    return _read(path)


def next_key() -> SigningKey:
    """Read the key that is about to replace it; made where there is none."""
    path = _folder() / NEXT
    if not path.exists():
        keep_first(path, str(SigningKey.generate(signing_key().name)))
    return _read(path)


def replace() -> None:
    """Let the next key be the one that signs."""
    (_folder() / NEXT).replace(_folder() / FILE)
    handle = os.open(_folder(), os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folder() -> Path:
    return Path(settings.CONFIG.state_dir)


def _read(path: Path) -> SigningKey:
    return SigningKey.parse(path.read_text("utf-8").strip())
