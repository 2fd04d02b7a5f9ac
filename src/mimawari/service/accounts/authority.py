"""What a principal may do now, as the store says it: looked up each time, never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts.models import AccountTopic, ApiKey
from mimawari.service.accounts.permissions import GRANTS, Authority, Permission, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet

NOBODY = Authority(Principal("system", "nobody", "nobody"), frozenset(), frozenset())
_OF_ACCOUNT = ("username", "is_superuser", "groups__name", "restricted_to__topic")


def principal_of(user: AbstractBaseUser) -> Principal:
    """Give an account as a principal."""
    return Principal("user", str(user.pk), user.get_username())


def account(name: str) -> Principal:
    """Give the account of a name as a principal, for a command that names who acts.

    Raises
    ------
    InvalidInputError
        Where no account that may be used has the name.
    """
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        remedy = "see 'mimawari accounts list'; leave --by out to act as the system's user"
        raise InvalidInputError(FieldProblem("by", f"{name[:80]!r} is no account", remedy))
    return principal_of(user)


def of_user(user: AbstractBaseUser | AnonymousUser) -> Authority:
    """Give an account's; nothing for one that is disabled or not logged in."""
    if user.pk is None:
        return NOBODY
    rows = list(User.objects.filter(pk=user.pk, is_active=True).values_list(*_OF_ACCOUNT))
    return _of_rows(user.pk, rows) if rows else NOBODY


def _of_rows(number: int, rows: Sequence[tuple[Any, ...]]) -> Authority:
    """Give an account's from what `_OF_ACCOUNT` names, a row a group and topic."""
    name, superuser = rows[0][:2]
    role = Role.ADMIN if superuser else role_in(row[2] for row in rows)
    topics = frozenset(row[3] for row in rows if row[3] is not None)
    return Authority(Principal("user", str(number), name), GRANTS[role], topics or None)


def role_in(groups: Iterable[str | None]) -> Role:
    """Give the role that an account's groups mean; without any it is a moderator."""
    known = set(groups)
    return next((role for role in Role if role in known), Role.MODERATOR)


def with_account(prefix: str) -> tuple[ApiKey | None, Authority | None]:
    """Give a key that counts, and what the account that it decides as may do, if any."""
    names = [f"moderator__{name}" for name in _OF_ACCOUNT]
    given = {f"account_{i}": F(name) for i, name in enumerate(names)}
    valid = ApiKey.objects.filter(prefix=prefix, revoked_at=None)
    keys = list(valid.exclude(moderator__is_active=False).annotate(**given))
    if not keys:
        return None, None
    key = keys[0]
    if key.moderator_id is None:
        return key, None
    rows = [tuple(getattr(row, name) for name in given) for row in keys]
    return key, _of_rows(key.moderator_id, rows)


def of_key(key: ApiKey, account: Authority | None) -> Authority:
    """Give a key's: no more reviewing than the account it decides as may do."""
    permissions = frozenset(Permission(scope) for scope in key.scopes)
    topics = frozenset(key.topics) or None
    if account is not None:
        permissions -= {Permission.REVIEW, Permission.ESCALATED} - account.permissions
        if account.topics is not None:
            topics = account.topics if topics is None else topics & account.topics
    return Authority(Principal("key", key.prefix, key.name), permissions, topics)


def authority_of(principal: Principal) -> Authority:
    """Give what a principal may do.

    The system may do everything: whoever runs a command holds the store's own credentials.
    """
    if principal.kind == "system":
        return Authority(principal, frozenset(Permission))
    if principal.kind == "user":
        user = User.objects.filter(pk=principal.id).first()
        return of_user(user) if user else NOBODY
    key, account = with_account(principal.id)
    return of_key(key, account) if key else NOBODY


def reviewers(topic: str) -> QuerySet[User]:
    """Give the accounts that may review a topic."""
    others = [role for role in Role if Permission.REVIEW not in GRANTS[role]]
    groups = User.groups.through.objects.filter(user=OuterRef("pk"), group__name__in=others)
    restricted = AccountTopic.objects.filter(user=OuterRef("pk"))
    concerned = ~Exists(restricted) | Exists(restricted.filter(topic=topic))
    return User.objects.filter(~Exists(groups) | Q(is_superuser=True), concerned, is_active=True)


def may(principal: Principal, permission: Permission, topic: str | None = None) -> bool:
    """Whether a principal may do something, with a topic where one is named."""
    return authority_of(principal).may(permission, topic)


def require(principal: Principal, permission: Permission, *topics: str) -> None:
    """Refuse what a principal may not do.

    Raises
    ------
    ForbiddenError
        It lacks the permission, or has nothing to do with one of the topics.
    """
    authority = authority_of(principal)
    if permission not in authority.permissions:
        raise ForbiddenError(_problem(principal, permission))
    for topic in topics:
        if not authority.concerns(topic):
            raise ForbiddenError(_problem(principal, f"{permission} for the topic {topic}"))


def _problem(principal: Principal, lacking: str) -> FieldProblem:
    remedy = "docs/permissions.md says which role may; ask an administrator"
    return FieldProblem("permission", f"{principal} lacks {lacking}", remedy)
