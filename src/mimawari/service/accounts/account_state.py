"""Whether an account may be used: disabled at once, enabled again, given another password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts import passwords, roles
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.event_kinds import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    ACCOUNT_PASSWORD,
    account_details,
)
from mimawari.service.accounts.open_sessions import end_sessions
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from mimawari.records.principal import Principal

ADMINS = Q(is_superuser=True, is_active=True)


def disable(name: str, actor: Principal, reason: str) -> int:
    """End an account's log-in, sessions and keys until it is enabled; gives the sessions ended.

    Its decisions stay, and what it leased is free once the leases run out.

    Raises
    ------
    InvalidInputError
        Where there is no such account, reason or need, or nobody would administer.
    """
    require(actor, Permission.ACCOUNTS)
    _require(reason)
    with transaction.atomic():
        # Administrators too: two commands at once must not disable the last two.
        locked = list(_for_update(Q(username=name) | ADMINS))
        user = roles.find(name)
        if not user.is_active:
            raise _refused(f"{name!r} is disabled already", "leave it so")
        if user.is_superuser and not any(admin.is_superuser and admin != user for admin in locked):
            remedy = "make another with 'mimawari createadmin' first"
            raise _refused(f"{name!r} is the last active administrator", remedy)
        return _set_active(user, actor, reason, active=False)


def enable(name: str, actor: Principal, reason: str) -> None:
    """Let a disabled account log in again, and its keys count.

    Raises
    ------
    InvalidInputError
        Where there is no such account, reason or need.
    """
    require(actor, Permission.ACCOUNTS)
    _require(reason)
    with transaction.atomic():
        list(_for_update(Q(username=name)))
        user = roles.find(name)
        if user.is_active:
            raise _refused(f"{name!r} is not disabled", "leave it so")
        # Whoever logged in while the account was being disabled has a session still.
        _set_active(user, actor, reason, active=True)


def change_password(name: str, password: str, actor: Principal) -> int:
    """Give an account another password; gives how many sessions ended: all it had.

    Raises
    ------
    InvalidInputError
        Where there is no such account, or the password is too weak.
    """
    require(actor, Permission.ACCOUNTS)
    user = roles.find(name)
    passwords.check(user, password)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        record(ACCOUNT_PASSWORD, name, actor, account_details(user))
        return end_sessions(user)


def _set_active(user: User, actor: Principal, reason: str, *, active: bool) -> int:
    user.is_active = active
    user.save(update_fields=["is_active"])
    kind = ACCOUNT_ENABLED if active else ACCOUNT_DISABLED
    record(kind, user.username, actor, account_details(user), reason)
    return end_sessions(user)


def _for_update(which: Q) -> QuerySet[User]:
    return User.objects.select_for_update().filter(which).order_by("pk")


def _require(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))


def _refused(problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem("name", problem, remedy))
