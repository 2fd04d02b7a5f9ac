"""A webhook's headers by the Standard Webhooks scheme, signed with every secret that counts."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from mimawari.service.delivery.secret_box import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
EXAMPLE_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105  # an example


def new_secret() -> str:
    """Draw a secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def counting(kept: Iterable[Secret], now: datetime) -> tuple[str, ...]:
    """Give the secrets that bodies are signed with at a time, the newest first."""
    return tuple(secret.text for secret in kept if secret.until is None or secret.until > now)


def rotated(kept: Iterable[Secret], new: str, until: datetime, now: datetime) -> tuple[Secret, ...]:
    """Put a new secret before the others, which count until a time at most.

    Examples
    --------
    >>> noon, night = datetime(2026, 11, 2, 12), datetime(2026, 11, 2, 23)
    >>> [secret.text for secret in rotated([Secret("old")], "new", night, noon)]
    ['new', 'old']
    """
    old = (secret for secret in kept if secret.until is None or secret.until > now)
    ends = (Secret(secret.text, min(secret.until or until, until)) for secret in old)
    return (Secret(new), *ends)


def headers_of(event_id: str, body: bytes, texts: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Give what says which event it is, when it was sent, and that it is from here."""
    now = datetime.now(UTC)
    text = body.decode()
    signed = [Webhook(secret).sign(event_id, now, text) for secret in texts]
    return [
        (b"webhook-id", event_id.encode()),
        (b"webhook-timestamp", str(int(now.timestamp())).encode()),
        (b"webhook-signature", " ".join(signed).encode()),
    ]
