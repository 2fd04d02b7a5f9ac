"""What the ledger is told of signing in: who came in and how, who did not and why."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.accounts.authority import principal_of
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from mimawari.records.event import EventKind

# Whoever was refused is nobody that the store knows.
SIGN_IN = Principal("system", "sign-in", "sign-in")


class Method(enum.StrEnum):
    """How somebody signs in."""

    PASSWORD = "password"  # noqa: S105  # the name of a way, no secret
    PASSKEY = "passkey"
    PROVIDER = "provider"


class Refused(enum.StrEnum):
    """Why somebody was not let in."""

    PASSWORD = "password"  # noqa: S105  # the name of a reason, no secret
    CODE = "code"
    PASSKEY = "passkey"
    DISABLED = "disabled"
    NO_GROUP = "no_group"
    NAME_TAKEN = "name_taken"
    PROVIDER = "provider"


class SignInDetails(msgspec.Struct, frozen=True):
    """How an account signed in; ``factor`` is the second one, empty where none was asked for."""

    method: str
    factor: str
    address: str | None


class RefusalDetails(msgspec.Struct, frozen=True):
    """Why a sign-in was refused; a name that no account has is not kept: it may be a password."""

    why: str
    address: str | None


class FactorDetails(msgspec.Struct, frozen=True):
    """A second factor (totp, recovery_codes or webauthn), and what its owner calls it."""

    factor: str
    name: str = ""


class ResetDetails(msgspec.Struct, frozen=True):
    """Which second factors an account had."""

    factors: tuple[str, ...]


class SessionsDetails(msgspec.Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


class LinkDetails(msgspec.Struct, frozen=True):
    """Whom an account is at the identity provider."""

    issuer: str
    subject: str


SIGNED_IN = register("signed_in", SignInDetails)
SIGN_IN_REFUSED = register("sign_in_refused", RefusalDetails)
FACTOR_ADDED = register("second_factor_added", FactorDetails)
FACTOR_REMOVED = register("second_factor_removed", FactorDetails)
FACTOR_RESET = register("second_factor_reset", ResetDetails)
SESSIONS_ENDED = register("sessions_ended", SessionsDetails)
ACCOUNT_LINKED = register("account_linked", LinkDetails)


def record_refusal(name: str, why: Refused, address: str | None) -> None:
    """Tell that somebody was not let in, under the name of an account, if there is one."""
    known = User.objects.filter(username=name).exists()
    with transaction.atomic():
        details = RefusalDetails(str(why), address)
        record(SIGN_IN_REFUSED, name if known else "", SIGN_IN, details)


def record_factor(kind: EventKind, user: AbstractBaseUser, factor: str, name: str = "") -> None:
    """Tell that an account added or removed a second factor of its own."""
    record(kind, user.get_username(), principal_of(user), FactorDetails(factor, name))
