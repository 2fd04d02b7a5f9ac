"""What the ledger is told of accounts and keys, and how their rows are checked.

Each event holds the state after it, so that the last one says what the row must be.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.models import User

from mimawari.records.event import register
from mimawari.service.accounts.authority import role_in
from mimawari.service.accounts.models import ApiKey
from mimawari.service.accounts.permissions import Role
from mimawari.service.audit.rows import compare_rows

if TYPE_CHECKING:
    from collections.abc import Iterator


class AccountDetails(msgspec.Struct, frozen=True):
    """What an account may do, on which topics (all where none is named), and if it may be used."""

    role: str
    active: bool
    topics: tuple[str, ...] = ()


class KeyDetails(msgspec.Struct, frozen=True):
    """An API key; its secret has 256 random bits, so the hash gives nothing away."""

    name: str
    secret_sha256: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    moderator: str | None
    topics: tuple[str, ...] = ()


ACCOUNT = register("account", AccountDetails, "auth.User")
ACCOUNT_ROLE = register("account_role", AccountDetails, "auth.User")
ACCOUNT_TOPICS = register("account_topics", AccountDetails, "auth.User")
ACCOUNT_ENABLED = register("account_enabled", AccountDetails, "auth.User")
ACCOUNT_DISABLED = register("account_disabled", AccountDetails, "auth.User")
ACCOUNT_PASSWORD = register("account_password", AccountDetails, "auth.User")
API_KEY = register("api_key", KeyDetails, "accounts.ApiKey")
API_KEY_REVOKED = register("api_key_revoked", KeyDetails, "accounts.ApiKey")


def key_details(row: ApiKey) -> KeyDetails:
    """Say what a key's event says."""
    moderator = row.moderator.get_username() if row.moderator else None
    return KeyDetails(
        row.name,
        row.secret_sha256,
        tuple(row.scopes),
        row.created_at,
        row.revoked_at,
        moderator,
        tuple(row.topics),
    )


def account_details(user: User) -> AccountDetails:
    """Say what an account's event says."""
    role = Role.ADMIN if user.is_superuser else role_in(group.name for group in user.groups.all())
    topics = sorted(row.topic for row in user.restricted_to.all())
    return AccountDetails(str(role), user.is_active, tuple(topics))


def _accounts() -> Iterator[tuple[str, AccountDetails]]:
    users = User.objects.prefetch_related("groups", "restricted_to").order_by("pk")
    for user in users.iterator(chunk_size=1_000):
        yield user.username, account_details(user)


def _keys() -> Iterator[tuple[str, KeyDetails]]:
    for row in ApiKey.objects.select_related("moderator").order_by("pk").iterator():
        yield row.prefix, key_details(row)


compare_rows("auth.User", _accounts, changes=True)
compare_rows("accounts.ApiKey", _keys, changes=True)
