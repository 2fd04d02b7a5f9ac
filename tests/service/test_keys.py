"""API keys: shown once, kept as a hash, ended for good."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.acting import TESTS
from tests.service.audit.world import recorded

from mimawari.errors import InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.models import ApiKey
from mimawari.service.accounts.permissions import Authority, Permission

pytestmark = pytest.mark.django_db
LISTINGS = [keys.Scope.WRITE, keys.Scope.CHECK, keys.Scope.READ]
REVIEW = keys.Scope.REVIEW


def test_a_key_has_its_scopes_only() -> None:
    made = keys.create("shop", [keys.Scope.WRITE, keys.Scope.WRITE], TESTS)
    stored = ApiKey.objects.get()
    principal = Principal("key", stored.prefix, "shop")
    authority = Authority(principal, frozenset({Permission.SUBMIT}))
    assert keys.verify(made) == keys.Holder(authority, None)
    secret = made.split("_", 2)[2]
    assert secret not in "".join(str(v) for v in vars(stored).values())
    assert secret not in str(recorded())


def test_two_keys_differ() -> None:
    made = {keys.create("shop", [keys.Scope.READ], TESTS) for _ in range(20)}
    assert len(made) == 20
    assert len({one.split("_")[1] for one in made}) == 20


@pytest.mark.parametrize("scopes", [[], ["listings:delete"], ["listings:read", ""]])
def test_wrong_scopes(scopes: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="listings:write"):
        keys.create("shop", scopes, TESTS)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_never_works_again() -> None:
    made = keys.create("shop", LISTINGS, TESTS)
    prefix = made.split("_")[1]
    assert keys.revoke(prefix, TESTS)
    assert keys.verify(made) is None
    assert not keys.revoke(prefix, TESTS)
    assert not keys.revoke("nothing", TESTS)
    assert [e["kind"] for e in recorded()] == ["api_key", "api_key_revoked"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(text=st.text(max_size=80).filter(lambda text: "\x00" not in text))
def test_any_other_text_is_no_key(text: str) -> None:
    assert keys.verify(text) is None
    assert keys.verify(f"mmw_{text}_x") is None


def test_neighbours_of_a_key_are_no_keys() -> None:
    made = keys.create("shop", LISTINGS, TESTS)
    for i in range(len(made)):
        changed = made[:i] + ("x" if made[i] != "x" else "y") + made[i + 1 :]
        assert keys.verify(changed) is None
    assert keys.verify(made[:-1]) is None
    assert keys.verify(made + "x") is None
    assert keys.verify("mmw_\x00_x") is None


def test_a_reviewing_key_decides_as_one_account_and_ends_with_it() -> None:
    anna = User.objects.create_user("anna")
    made = keys.create("app", [REVIEW], TESTS, "anna")
    principal = Principal("key", ApiKey.objects.get().prefix, "app")
    authority = Authority(principal, frozenset({Permission.REVIEW}))
    assert keys.verify(made) == keys.Holder(authority, anna.pk, "anna")
    assert recorded()[-1]["details"]["moderator"] == "anna"
    anna.is_active = False
    anna.save()
    assert keys.verify(made) is None


@pytest.mark.parametrize(
    ("scopes", "moderator", "said"),
    [
        ([REVIEW], "", "moderator: is missing"),
        ([REVIEW], "nobody", "'nobody' is no account"),
        ([keys.Scope.READ], "anna", "needs the scope reviews:write"),
    ],
)
def test_a_wrong_moderator(scopes: list[str], moderator: str, said: str) -> None:
    User.objects.create_user("anna")
    with pytest.raises(InvalidInputError, match=said):
        keys.create("app", scopes, TESTS, moderator)
    assert not ApiKey.objects.exists()


def test_a_key_for_topics_has_scopes_that_go_by_topic_only() -> None:
    User.objects.create_user("anna")
    with pytest.raises(InvalidInputError, match="topic: do not restrict listings:read"):
        keys.create("shop", LISTINGS, TESTS, topics=["weapons"])
    made = keys.create("app", [REVIEW, keys.Scope.CHECK], TESTS, "anna", ["weapons"])
    holder = keys.verify(made)
    assert holder is not None
    assert holder.authority.may(Permission.REVIEW, "weapons")
    assert not holder.authority.may(Permission.REVIEW, "drugs")


def test_a_reviewing_key_may_no_more_than_its_account() -> None:
    roles.add("anna", None, "moderator", TESTS, ["weapons", "drugs"])
    made = keys.create("app", [REVIEW, keys.Scope.CHECK], TESTS, "anna", ["weapons", "tickets"])

    def authority() -> Authority:
        holder = keys.verify(made)
        assert holder is not None
        return holder.authority

    assert authority().topics == {"weapons"}
    roles.restrict("anna", ["drugs"], TESTS)
    assert authority().topics == set(), "none, not all"
    assert not authority().may(Permission.CHECK, "weapons")
    roles.change("anna", "auditor", TESTS)
    assert authority().permissions == {Permission.CHECK}
