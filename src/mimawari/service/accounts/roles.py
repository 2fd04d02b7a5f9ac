"""Accounts, their roles, and the topics they are restricted to; roles are Django's groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts import passwords
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.event_kinds import (
    ACCOUNT,
    ACCOUNT_ROLE,
    ACCOUNT_TOPICS,
    account_details,
)
from mimawari.service.accounts.models import AccountTopic
from mimawari.service.accounts.permissions import Permission, Role, read_role
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.records.principal import Principal


def add(
    name: str, password: str | None, role: str, actor: Principal, topics: Collection[str] = ()
) -> User:
    """Make an account; without a password it decides through API keys only.

    Parameters
    ----------
    topics
        The only ones it has to do with; all where there are none.

    Raises
    ------
    InvalidInputError
        Where the name is taken or odd, the password too weak, or the role unknown.
    ForbiddenError
        Where the actor may not make accounts.
    """
    require(actor, Permission.ACCOUNTS)
    chosen = read_role(role)
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
    _check_topics(topics, chosen)
    with transaction.atomic():
        user.set_password(password)
        user.save()
        _apply(user, chosen)
        _restrict(user, topics)
        record(ACCOUNT, name, actor, account_details(user))
    return user


def change(name: str, role: str, actor: Principal) -> None:
    """Give an account another role; an administrator has to do with all topics."""
    require(actor, Permission.ACCOUNTS)
    chosen = read_role(role)
    find(name)
    with transaction.atomic():
        # Of two changes at once the later one is the later event.
        user = User.objects.select_for_update().get(username=name)
        _apply(user, chosen)
        if chosen is Role.ADMIN:
            _restrict(user, ())
        record(ACCOUNT_ROLE, name, actor, account_details(user))


def restrict(name: str, topics: Collection[str], actor: Principal) -> None:
    """Let an account have to do with some topics only; with all where none is named."""
    require(actor, Permission.ACCOUNTS)
    find(name)
    with transaction.atomic():
        user = User.objects.select_for_update().get(username=name)
        _check_topics(topics, role_of(user))
        _restrict(user, topics)
        record(ACCOUNT_TOPICS, name, actor, account_details(user))


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
    return Role(account_details(user).role)


def _check_topics(topics: Collection[str], role: Role) -> None:
    if topics and role is Role.ADMIN:
        remedy = "give another role, or no topic"
        raise InvalidInputError(FieldProblem("topic", "does not restrict an administrator", remedy))
    if any(not topic.strip() or not topic.isprintable() for topic in topics):
        raise InvalidInputError(FieldProblem("topic", "is no topic's name", "name one in force"))


def _restrict(user: User, topics: Collection[str]) -> None:
    AccountTopic.objects.filter(user=user).delete()
    AccountTopic.objects.bulk_create(AccountTopic(user=user, topic=topic) for topic in set(topics))


def _apply(user: User, role: Role) -> None:
    """Set the role: a group of its name, or Django's mark of an administrator."""
    user.is_superuser = user.is_staff = role is Role.ADMIN
    user.save(update_fields=["is_superuser", "is_staff"])  # it may be disabled meanwhile
    user.groups.set([] if role is Role.ADMIN else [Group.objects.get_or_create(name=role)[0]])
