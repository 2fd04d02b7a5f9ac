"""Accounts of people who sign in by the identity provider: made, given their role, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.open_sessions import end_sessions
from mimawari.service.accounts.permissions import Permission, Role
from mimawari.service.accounts.provider_claims import PROVIDER_ID, read_mapping, role_for
from mimawari.service.accounts.sign_in_events import ACCOUNT_LINKED, LinkDetails, Refused
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from mimawari.service.accounts.provider_claims import Claims

PROVIDER = Principal("system", "identity-provider", "identity provider")


class Denied(msgspec.Struct, frozen=True):
    """Why somebody is not let in, and which account they have here, if any."""

    why: Refused
    account: str = ""


def admit(claims: Claims) -> User | Denied:
    """Give the account of somebody whom the provider vouches for, with the role of their groups.

    Without a group that means a role nobody is let in, and whoever was before has no more than
    the least role, and no session. An account of the same name that was made here is never taken
    over: an administrator links it.
    """
    role = role_for(claims.groups, read_mapping(settings.CONFIG.oidc_roles))
    with transaction.atomic():
        known = SocialAccount.objects.select_related("user").filter(
            provider=PROVIDER_ID, uid=claims.subject
        )
        if row := known.first():
            return _again(row.user, role)
    return Denied(Refused.NO_GROUP) if role is None else _first_time(claims, role)


def _again(user: User, role: Role | None) -> User | Denied:
    if not user.is_active:
        return Denied(Refused.DISABLED, user.username)
    if (role or Role.MODERATOR) is not roles.role_of(user):
        roles.change(user.username, role or Role.MODERATOR, PROVIDER)
        user.refresh_from_db()
    if role is None:
        end_sessions(user)
        return Denied(Refused.NO_GROUP, user.username)
    return user


def _first_time(claims: Claims, role: Role) -> User | Denied:
    try:
        with transaction.atomic():
            user = roles.add(claims.name, None, role, PROVIDER)
            _link(user, claims.subject, PROVIDER)
    except (InvalidInputError, IntegrityError):  # taken, odd, or made by another request just now
        return Denied(Refused.NAME_TAKEN, claims.name)
    return user


def link(name: str, subject: str, actor: Principal) -> None:
    """Let whoever the provider calls by a subject sign in to an account that was made here.

    Raises
    ------
    InvalidInputError
        There is no such account, or one of the two is linked already.
    ForbiddenError
        Where the actor may not administer accounts.
    """
    require(actor, Permission.ACCOUNTS)
    user = roles.find(name)
    if not subject.strip():
        raise InvalidInputError(FieldProblem("subject", "is empty", "give the claim 'sub'"))
    with transaction.atomic():
        rows = SocialAccount.objects.filter(provider=PROVIDER_ID)
        if rows.filter(user=user).exists() or rows.filter(uid=subject).exists():
            problem = "account or subject is linked already"
            remedy = "each goes to one other only; see 'mimawari accounts list'"
            raise InvalidInputError(FieldProblem("subject", problem, remedy))
        _link(user, subject, actor)


def _link(user: User, subject: str, actor: Principal) -> None:
    SocialAccount.objects.create(user=user, provider=PROVIDER_ID, uid=subject)
    details = LinkDetails(settings.CONFIG.oidc_issuer, subject)
    record(ACCOUNT_LINKED, user.username, actor, details)
