"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import enum
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.models import ApiKey
from mimawari.service.ops import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence


class Scope(enum.StrEnum):
    """What a key may do."""

    WRITE = "listings:write"
    CHECK = "listings:check"
    READ = "listings:read"


def create(name: str, scopes: Sequence[str], actor: str) -> str:
    """Make a key; the text returned is shown once and cannot be read again.

    Raises
    ------
    InvalidInputError
        For no scope, or an unknown one.
    """
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        said = f"{', '.join(unknown)} is unknown" if unknown else "is missing"
        raise InvalidInputError(FieldProblem("scope", said, f"use {', '.join(Scope)}"))
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    ApiKey.objects.create(
        prefix=prefix,
        secret_sha256=_hash(secret),
        scopes=sorted(set(scopes)),
        name=name,
        created_at=timezone.now(),
    )
    ledger.append(actor, "api_key", prefix, {"name": name, "scopes": sorted(set(scopes))})
    return f"mmw_{prefix}_{secret}"


def revoke(prefix: str, actor: str) -> bool:
    """End a key's validity; False where there is no such valid key."""
    found = ApiKey.objects.filter(prefix=prefix, revoked_at=None)
    if not found.update(revoked_at=timezone.now()):
        return False
    ledger.append(actor, "api_key_revoked", prefix, {})
    return True


def verify(text: str) -> frozenset[str] | None:
    """Give the scopes of a valid key, None for any other text.

    The secret has 256 random bits, so one SHA-256 at rest is enough; the comparison takes
    the same time wherever it fails.
    """
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "mmw" or not parts[1].isalnum():
        return None
    key = ApiKey.objects.filter(prefix=parts[1], revoked_at=None).first()
    kept = key.secret_sha256 if key else "0" * 64
    if not hmac.compare_digest(kept, _hash(parts[2])) or key is None:
        return None
    return frozenset(key.scopes)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
