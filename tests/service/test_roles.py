"""Accounts: their roles, their topics, and what follows from both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, User
from tests.acting import TESTS
from tests.service.audit.world import problems, recorded

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts import authority, roles
from mimawari.service.accounts.permissions import GRANTS, Permission, Role

pytestmark = pytest.mark.django_db
PASSWORD = "a long and odd sentence"
DOCS = Path(__file__).parents[2] / "docs/permissions.md"


@pytest.mark.parametrize("role", Role)
def test_an_account_may_what_its_role_may(role: Role) -> None:
    anna = roles.add("anna", PASSWORD, role, TESTS)
    assert authority.of_user(anna).permissions == GRANTS[role]
    assert authority.of_user(anna).topics is None
    assert roles.role_of(anna) is role
    assert anna.check_password(PASSWORD)
    details = {"role": role, "active": True, "topics": []}
    assert [(e["kind"], e["details"]) for e in recorded()] == [("account", details)]
    User.objects.update(is_active=False)
    assert not authority.of_user(anna).permissions


def test_nobody_may_nothing() -> None:
    assert authority.of_user(AnonymousUser()) == authority.NOBODY
    for kind in ("user", "key"):
        gone = Principal(kind, "77", "gone")  # type: ignore[arg-type]
        assert not any(authority.may(gone, one) for one in Permission)
    assert all(authority.may(TESTS, one, "weapons") for one in Permission)


def test_a_role_can_be_given_and_taken() -> None:
    roles.add("anna", None, Role.MODERATOR, TESTS)
    for role in (Role.ML_ENGINEER, Role.ADMIN, Role.LEAD, Role.MODERATOR):
        roles.change("anna", role, TESTS)
        anna = User.objects.get()
        assert roles.role_of(anna) is role
        assert authority.of_user(anna).permissions == GRANTS[role]
    assert not anna.has_usable_password()
    assert problems() == []
    User.objects.update(is_superuser=True)
    assert problems() == ["auth.User anna: is not as its event says: it was changed"]


def test_topics_can_be_given_and_taken() -> None:
    anna = roles.add("anna", None, Role.LEAD, TESTS, ["weapons", "drugs", "weapons"])
    assert authority.of_user(anna).topics == {"weapons", "drugs"}
    assert authority.may(authority.principal_of(anna), Permission.REVIEW, "drugs")
    roles.restrict("anna", ["weapons"], TESTS)
    assert not authority.may(authority.principal_of(anna), Permission.REVIEW, "drugs")
    assert problems() == []
    anna.restricted_to.all().delete()
    assert problems() == ["auth.User anna: is not as its event says: it was changed"]
    roles.restrict("anna", [], TESTS)
    assert authority.of_user(anna).topics is None
    assert problems() == []
    roles.restrict("anna", ["weapons"], TESTS)
    roles.change("anna", Role.ADMIN, TESTS)
    assert authority.of_user(anna).topics is None
    with pytest.raises(InvalidInputError, match="does not restrict an administrator"):
        roles.restrict("anna", ["weapons"], TESTS)


def test_reviewers_are_those_who_may_review_the_topic() -> None:
    for role in Role:
        roles.add(role, None, role, TESTS)
    roles.add("anna", None, "moderator", TESTS, ["weapons"])
    roles.add("ben", None, "moderator", TESTS, ["drugs", "tickets"])
    User.objects.create_user("left", is_active=False)
    User.objects.create_user("plain")
    for topic in ("weapons", "drugs", "else"):
        slow = {
            user.username
            for user in User.objects.all()
            if authority.of_user(user).may(Permission.REVIEW, topic)
        }
        assert {user.username for user in authority.reviewers(topic)} == slow
    assert slow == {"moderator", "lead", "admin", "plain"}


@pytest.mark.parametrize(
    ("name", "password", "role", "said"),
    [
        ("ben", PASSWORD, "boss", "role: 'boss' is unknown; use moderator, lead, policy_editor"),
        ("ben", PASSWORD, "engineer", "'engineer' is unknown; it is called ml_engineer now"),
        ("ben", "short", "moderator", "password: "),
        ("b n", None, "moderator", "name: "),
        ("", None, "moderator", "name: "),
        ("anna", None, "moderator", "name: 'anna' is taken"),
    ],
)
def test_wrong_accounts(name: str, password: str | None, role: str, said: str) -> None:
    User.objects.create_user("anna")
    with pytest.raises(InvalidInputError, match=said):
        roles.add(name, password, role, TESTS)
    assert User.objects.count() == 1
    assert not recorded()


def test_nobody_has_no_role() -> None:
    with pytest.raises(InvalidInputError, match="'nobody' is no account"):
        roles.change("nobody", Role.ADMIN, TESTS)


def test_only_an_administrator_makes_accounts() -> None:
    for role in set(Role) - {Role.ADMIN}:
        actor = authority.principal_of(roles.add(role, None, role, TESTS))
        with pytest.raises(ForbiddenError, match=f"user {role} lacks accounts:write"):
            roles.add("eve", None, Role.ADMIN, actor)
        with pytest.raises(ForbiddenError):
            roles.change(role, Role.ADMIN, actor)
        with pytest.raises(ForbiddenError):
            roles.restrict(role, [], actor)
    assert not User.objects.filter(username="eve").exists()


def test_the_page_shows_the_table_as_it_is() -> None:
    rows = re.findall(r"^\| `([a-z]+:[a-z]+)` \|[^|]*\|(.*)\|$", DOCS.read_text("utf-8"), re.M)
    shown = {name: [cell.strip() == "yes" for cell in cells.split("|")] for name, cells in rows}
    assert shown == {one.value: [one in GRANTS[role] for role in Role] for one in Permission}
