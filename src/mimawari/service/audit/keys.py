"""The key that signs checkpoints: made at first use, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from mimawari.ledger.notes import SigningKey

FILE, NEXT = "ledger_key", "ledger_key.next"


def signing_key() -> SigningKey:
    """Read the key from the state folder; the log's name is drawn with it."""
    path = _folder() / FILE
    if not path.exists():
        _keep(SigningKey.generate(f"mimawari.local/{secrets.token_hex(8)}"), path)
    return _read(path)


def next_key() -> SigningKey:
    """Read the key that is about to replace it; made where there is none."""
    path = _folder() / NEXT
    if not path.exists():
        _keep(SigningKey.generate(signing_key().name), path)
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


def _keep(key: SigningKey, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())  # what it signs must not outlive it
    try:
        os.link(fresh, path)  # atomic: of two first uses, one key wins
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
