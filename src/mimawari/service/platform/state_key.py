"""Keys of the state folder that open what the database keeps sealed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


def state_key(name: str) -> bytes:
    """Read a key of 256 bits; made at first use, readable by its owner only."""
    path = Path(settings.CONFIG.state_dir) / name
    if not path.exists():
        _make(path)
    return bytes.fromhex(path.read_text("ascii").strip())


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
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
