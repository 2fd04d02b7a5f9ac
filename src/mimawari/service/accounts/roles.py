"""Accounts and what they may see: moderators judge blind, engineers follow the trials."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts import passwords
from mimawari.service.accounts.event_kinds import ACCOUNT, ACCOUNT_ROLE, AccountDetails
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

ENGINEERS = "engineers"
SEES_TRIALS = "release.view_trial"


class Role(enum.StrEnum):
    """A moderator reviews; an engineer also sees trials, which would unblind a moderator."""

    MODERATOR = "moderator"
    ENGINEER = "engineer"
    ADMIN = "admin"


def add(name: str, password: str | None, role: str, actor: str) -> User:
    """Make an account; without a password it decides through API keys only.

    Raises
    ------
    InvalidInputError
        Where the name is taken or odd, the password too weak, or the role unknown.
    """
    chosen = _role(role)
    if User.objects.filter(username=name).exists():
        raise InvalidInputError(FieldProblem("name", f"{name!r} is taken", "choose another"))
    user = User(username=name)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        remedy = "use letters, digits and @ . + - _"
        raise InvalidInputError(FieldProblem("name", " ".join(error.messages), remedy)) from error
    if password is not None:
        passwords.check(user, password)
    with transaction.atomic():
        user.set_password(password)
        user.save()
        _apply(user, chosen)
        record(ACCOUNT, name, Principal.operator(actor), AccountDetails(chosen, user.is_active))
    return user


def change(name: str, role: str, actor: str) -> None:
    """Give an account another role."""
    chosen = _role(role)
    find(name)
    with transaction.atomic():
        # Of two changes at once the later one is the later event.
        user = User.objects.select_for_update().get(username=name)
        _apply(user, chosen)
        details = AccountDetails(chosen, user.is_active)
        record(ACCOUNT_ROLE, name, Principal.operator(actor), details)


def find(name: str) -> User:
    """Give the account of a name.

    Raises
    ------
    InvalidInputError
        Where there is none.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        remedy = "see 'mimawari accounts list'"
        raise InvalidInputError(FieldProblem("name", f"{name!r} is no account", remedy))
    return user


def role_of(user: User) -> Role:
    """Say which role an account has."""
    if user.is_superuser:
        return Role.ADMIN
    engineer = user.groups.filter(name=ENGINEERS).exists()
    return Role.ENGINEER if engineer else Role.MODERATOR


def sees_trials(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether an account may see trials and scores of topics on trial."""
    return isinstance(user, User) and user.has_perm(SEES_TRIALS)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(Role)
        raise InvalidInputError(
            FieldProblem("role", f"{text!r} is unknown", f"use {known}")
        ) from None


def _apply(user: User, role: Role) -> None:
    """Set the role: engineers are a group whose permissions are those on trials."""
    group, _ = Group.objects.get_or_create(name=ENGINEERS)
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="release", content_type__model="trial")
    )
    user.is_superuser = user.is_staff = role is Role.ADMIN
    user.save(update_fields=["is_superuser", "is_staff"])  # it may be disabled meanwhile
    if role is Role.ENGINEER:
        user.groups.add(group)
    else:
        user.groups.remove(group)
