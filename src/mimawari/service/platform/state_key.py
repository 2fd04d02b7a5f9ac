"""Keys of the state folder: made once, for their owner only."""

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
        keep_first(path, AESGCM.generate_key(256).hex())
    return bytes.fromhex(path.read_text("ascii").strip())


def keep_first(path: Path, key: str) -> None:
    """Write a key for its owner only; of two that are written at once, the first stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())  # what it seals or signs must not outlive it
    try:
        os.link(fresh, path)  # atomic
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
