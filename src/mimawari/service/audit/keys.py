"""The key that signs checkpoints: made at first use, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from mimawari.ledger.notes import SigningKey

FILE = "ledger_key"


def signing_key() -> SigningKey:
    """Read the key from the state folder; the log's name is drawn with it."""
    path = Path(settings.CONFIG.state_dir) / FILE
    if not path.exists():
        _make(path)
    return SigningKey.parse(path.read_text("utf-8").strip())


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{FILE}.{secrets.token_hex(8)}")
    key = SigningKey.generate(f"mimawari.local/{secrets.token_hex(8)}")
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
