"""Second factors of accounts: which there are, whether one is required, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.models import CodeUse
from mimawari.service.accounts.open_sessions import end_sessions
from mimawari.service.accounts.permissions import EVERYBODY, Permission
from mimawari.service.accounts.sign_in_events import FACTOR_RESET, ResetDetails
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    from mimawari.records.principal import Principal

FIRST_CLASS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Whoever comes from the identity provider was asked for what it asks for.
_ASKED_ALREADY = {"mfa", "socialaccount"}


class Factors(msgspec.Struct, frozen=True):
    """The second factors of an account: an app, passkeys, and codes for when they are lost."""

    app: Authenticator | None
    passkeys: tuple[Authenticator, ...]
    codes: Authenticator | None

    @property
    def any(self) -> bool:
        """Whether signing in asks for one."""
        return self.app is not None or bool(self.passkeys)

    @property
    def codes_left(self) -> int:
        """How many recovery codes were not used."""
        return 0 if self.codes is None else len(self.codes.wrap().get_unused_codes())


def factors_of(user: User) -> Factors:
    """Give an account's."""
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("pk"))
    by_type = {row.type: row for row in rows}
    passkeys = tuple(row for row in rows if row.type == Authenticator.Type.WEBAUTHN)
    app = by_type.get(Authenticator.Type.TOTP)
    return Factors(app, passkeys, by_type.get(Authenticator.Type.RECOVERY_CODES))


def accounts_with_factors() -> frozenset[int]:
    """Give the accounts that signing in asks for one."""
    rows = Authenticator.objects.filter(type__in=FIRST_CLASS)
    return frozenset(rows.values_list("user_id", flat=True))


def is_required(user: User) -> bool:
    """Whether the settings require one of an account that signs in with a password."""
    wanted = settings.CONFIG.second_factor_roles
    return bool(wanted) and (EVERYBODY in wanted or str(roles.role_of(user)) in wanted)


def is_lacking(request: HttpRequest) -> bool:
    """Whether the account of a request has to add one before it may do anything else."""
    user = request.user
    if not settings.CONFIG.second_factor_roles or user.pk is None:
        return False
    used = {entry.get("method") for entry in get_authentication_records(request, user)}
    if used & _ASKED_ALREADY or not is_required(user):
        return False
    return not Authenticator.objects.filter(user_id=user.pk, type__in=FIRST_CLASS).exists()


def reset(name: str, actor: Principal, reason: str) -> tuple[str, ...]:
    """Remove an account's second factors and end its sessions; gives which there were.

    Whoever lost them signs in with the password alone, and adds another where one is required.

    Raises
    ------
    InvalidInputError
        Where there is no such account, no second factor or no reason.
    ForbiddenError
        Where the actor may not administer accounts.
    """
    require(actor, Permission.ACCOUNTS)
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    user = roles.find(name)
    with transaction.atomic():
        rows = Authenticator.objects.filter(user_id=user.pk)
        types = tuple(rows.order_by("pk").values_list("type", flat=True))
        if not types:
            remedy = "the password alone lets it in; see 'mimawari accounts password'"
            raise InvalidInputError(FieldProblem("name", f"{name!r} has no second factor", remedy))
        rows.delete()
        CodeUse.objects.filter(user_id=user.pk).delete()
        record(FACTOR_RESET, name, actor, ResetDetails(types), reason)
        end_sessions(user)
    return types
