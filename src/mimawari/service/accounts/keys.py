"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import enum
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import of_key, require, with_account
from mimawari.service.accounts.event_kinds import API_KEY, API_KEY_REVOKED, key_details
from mimawari.service.accounts.models import ApiKey
from mimawari.service.accounts.permissions import Authority, Permission
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.records.principal import Principal


class Scope(enum.StrEnum):
    """What a key may do: those permissions that there are calls of the API for."""

    WRITE = Permission.SUBMIT.value
    CHECK = Permission.CHECK.value
    READ = Permission.LISTINGS.value
    REVIEW = Permission.REVIEW.value
    ESCALATED = Permission.ESCALATED.value
    ACTIONS = Permission.ACTIONS.value
    ACT = Permission.ACT.value
    READ_TRIALS = Permission.TRIALS.value
    WRITE_TRIALS = Permission.RUN_TRIALS.value
    QUALITY = Permission.QUALITY.value
    MODELS = Permission.MODELS.value
    EXPORT = Permission.EXPORT.value
    EVENTS = Permission.EVENTS.value
    WEBHOOKS = Permission.WEBHOOKS.value
    ALARMS = Permission.ALARMS.value


# What these give is of one topic, or leaves out the others.
OF_TOPICS = frozenset(
    {
        *(Scope.CHECK, Scope.REVIEW, Scope.ESCALATED, Scope.ACT),
        *(Scope.WRITE_TRIALS, Scope.QUALITY, Scope.EXPORT, Scope.MODELS),
        Scope.ALARMS,
    }
)


class Holder(msgspec.Struct, frozen=True):
    """Who calls with a key: what it may do, and the moderator it decides as."""

    authority: Authority
    moderator: int | None = None
    moderator_name: str = ""

    @property
    def principal(self) -> Principal:
        """The key itself."""
        return self.authority.principal


def create(
    name: str,
    scopes: Sequence[str],
    actor: Principal,
    moderator: str = "",
    topics: Sequence[str] = (),
) -> str:
    """Make a key; the text returned is shown once and cannot be read again.

    Parameters
    ----------
    moderator
        Login name of the account whose decisions the key gives; with ``reviews:write`` only.
    topics
        The only ones it has to do with; all where there are none.

    Raises
    ------
    InvalidInputError
        For no name or scope, an unknown scope or one that shows all topics, or no such account.
    ForbiddenError
        Where the actor may not make keys.
    """
    require(actor, Permission.ACCOUNTS)
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        problem = f"{', '.join(unknown)} is unknown" if unknown else "is missing"
        raise InvalidInputError(FieldProblem("scope", problem, f"use {', '.join(Scope)}"))
    if not name.strip() or not name.isprintable():
        problem = "is empty" if not name.strip() else "holds characters that cannot be shown"
        raise InvalidInputError(FieldProblem("name", problem, "say whose key it is"))
    if topics and (whole := sorted(set(scopes) - OF_TOPICS)):
        problem = f"do not restrict {', '.join(whole)}"
        remedy = f"only {', '.join(sorted(OF_TOPICS))} go by topic; make another key for the rest"
        raise InvalidInputError(FieldProblem("topic", problem, remedy))
    account = _account(moderator, scopes)
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            prefix=prefix,
            secret_sha256=_hash(secret),
            scopes=sorted(set(scopes)),
            topics=sorted(set(topics)),
            name=name,
            created_at=timezone.now(),
            moderator_id=account,
        )
        record(API_KEY, prefix, actor, key_details(key))
    return f"mmw_{prefix}_{secret}"


def _account(moderator: str, scopes: Sequence[str]) -> int | None:
    """Find the account a reviewing key is bound to; any other key has none."""
    if Scope.REVIEW not in scopes:
        if moderator:
            raise InvalidInputError(
                FieldProblem("moderator", f"needs the scope {Scope.REVIEW}", "add the scope")
            )
        return None
    account = get_user_model().objects.filter(username=moderator, is_active=True).first()
    if account is None:
        problem = f"{moderator!r} is no account" if moderator else "is missing"
        remedy = "name who decides with the key; make one with 'mimawari accounts add'"
        raise InvalidInputError(FieldProblem("moderator", problem, remedy))
    return int(account.pk)


def revoke(prefix: str, actor: Principal) -> bool:
    """End a key's validity; False where there is no such valid key."""
    require(actor, Permission.ACCOUNTS)
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().filter(prefix=prefix, revoked_at=None).first()
        if key is None:
            return False
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record(API_KEY_REVOKED, prefix, actor, key_details(key))
    return True


def verify(text: str) -> Holder | None:
    """Give the holder of a valid key, None for any other text.

    The secret has 256 random bits, so one SHA-256 at rest is enough; the comparison takes
    the same time wherever it fails. A key ends with the account it decides as.
    """
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "mmw" or not parts[1].isalnum():
        return None
    key, account = with_account(parts[1])
    expected = key.secret_sha256 if key else "0" * 64
    if not hmac.compare_digest(expected, _hash(parts[2])) or key is None:
        return None
    name = "" if account is None else account.principal.name
    return Holder(of_key(key, account), key.moderator_id, name)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
