"""What the identity provider says of somebody, and the role that their groups mean here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.permissions import Role, read_role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PROVIDER_ID = "oidc"
"""What links to the one provider are kept under."""


class Claims(msgspec.Struct, frozen=True):
    """Who somebody is at the provider.

    Parameters
    ----------
    subject
        What tells them apart there, for good.
    name
        What the account is to be called.
    nonce
        What the request to the provider said; it comes back in the ID token alone.
    """

    subject: str
    name: str
    groups: tuple[str, ...] = ()
    nonce: str = ""


class GroupRole(msgspec.Struct, frozen=True):
    """The role of whoever is in a group at the provider."""

    group: str
    role: Role


def read_mapping(entries: Iterable[str]) -> list[GroupRole]:
    """Read ``group=role`` entries; the name of a group may hold ``=``.

    Raises
    ------
    InvalidInputError
        An entry has no group, or a role that does not exist.

    Examples
    --------
    >>> read_mapping(["cn=leads=lead"])
    [GroupRole(group='cn=leads', role=<Role.LEAD: 'lead'>)]
    """
    mapping = []
    for entry in entries:
        group, _, role = entry.rpartition("=")
        if not group.strip():
            problem = FieldProblem("oidc_roles", f"{entry!r} names no group", "write group=role")
            raise InvalidInputError(problem)
        mapping.append(GroupRole(group.strip(), read_role(role.strip())))
    return mapping


def provider_name(name: str, issuer: str) -> str:
    """Give what a button calls the provider: a name, or the issuer's host; empty without any.

    Examples
    --------
    >>> provider_name("", "https://id.example/realms/market")
    'id.example'
    """
    return name or urlsplit(issuer).hostname or ""


def role_for(groups: Iterable[str], mapping: Sequence[GroupRole]) -> Role | None:
    """Give the role of the first entry whose group somebody is in; None where there is none.

    Examples
    --------
    >>> mapping = read_mapping(["admins=admin", "staff=moderator"])
    >>> role_for(["staff", "admins"], mapping), role_for(["guests"], mapping)
    (<Role.ADMIN: 'admin'>, None)
    """
    there = set(groups)
    return next((entry.role for entry in mapping if entry.group in there), None)


def read_claims(
    userinfo: Mapping[str, object],
    id_token: Mapping[str, object],
    name_claim: str,
    groups_claim: str,
) -> Claims:
    """Read what the provider answered, by its ID token and by its route for user information.

    Raises
    ------
    InvalidInputError
        The two speak of different people, or nobody.

    Examples
    --------
    >>> userinfo, token = {"sub": "7", "groups": ["staff"]}, {"sub": "7", "name": "anna"}
    >>> read_claims(userinfo, token, "name", "groups")
    Claims(subject='7', name='anna', groups=('staff',), nonce='')
    """
    subjects = {str(answer["sub"]) for answer in (userinfo, id_token) if answer.get("sub")}
    if len(subjects) != 1:
        problem = "differs between ID token and user information" if subjects else "is missing"
        remedy = "the identity provider is set up wrongly; tell its administrator"
        raise InvalidInputError(FieldProblem("sub", problem, remedy))
    merged = {**id_token, **userinfo}
    groups = merged.get(groups_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    name = merged.get(name_claim)
    return Claims(
        subjects.pop(),
        name if isinstance(name, str) else "",
        tuple(group for group in listed if isinstance(group, str)),
        str(id_token.get("nonce", "")),
    )
