"""Accounts: moderators see no trials, engineers and administrators do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from tests.acting import TESTS
from tests.service.audit.world import problems, recorded

from mimawari.errors import InvalidInputError
from mimawari.service.accounts import roles
from mimawari.service.accounts.permissions import Role

pytestmark = pytest.mark.django_db
PASSWORD = "a long and odd sentence"


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.MODERATOR, False), (Role.ML_ENGINEER, True), (Role.ADMIN, True)]
)
def test_who_sees_trials(role: Role, sees: bool) -> None:
    roles.add("anna", PASSWORD, role, TESTS)
    anna = User.objects.get()
    assert roles.sees_trials(anna) is sees
    assert roles.role_of(anna) is role
    assert anna.check_password(PASSWORD)
    details = {"role": role, "active": True}
    assert [(e["kind"], e["details"]) for e in recorded()] == [("account", details)]


def test_a_visitor_sees_none() -> None:
    assert not roles.sees_trials(AnonymousUser())


def test_a_role_can_be_given_and_taken() -> None:
    roles.add("anna", None, Role.MODERATOR, TESTS)
    for role in (Role.ML_ENGINEER, Role.ADMIN, Role.ML_ENGINEER, Role.MODERATOR):
        roles.change("anna", role, TESTS)
        anna = User.objects.get()
        assert roles.role_of(anna) is role
        assert roles.sees_trials(anna) is (role is not Role.MODERATOR)
    assert not anna.has_usable_password()
    assert problems() == []
    User.objects.update(is_superuser=True)
    assert problems() == ["auth.User anna: is not as its event says: it was changed"]


@pytest.mark.parametrize(
    ("name", "password", "role", "said"),
    [
        ("ben", PASSWORD, "boss", "role: 'boss' is unknown; use moderator, engineer, admin"),
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
