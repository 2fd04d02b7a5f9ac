"""Accounts are disabled at once, enabled again, and given other passwords, by commands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from tests.acting import TESTS
from tests.service.audit.world import recorded
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.errors import InvalidInputError
from mimawari.service.accounts import account_state, keys, roles
from mimawari.service.accounts.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "a long and odd sentence", "another long and odd sentence"
WHY = ("--reason", "left the company")


def run(*words: str, given: str = "") -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["accounts", *words], input=given)


def done(*words: str, given: str = "") -> str:
    result = run(*words, given=given)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str, given: str = "") -> str:
    error = run(*words, given=given).exception
    assert isinstance(error, InvalidInputError), error
    return str(error)


def kinds() -> list[tuple[str, str, dict[str, object]]]:
    return [(one["kind"], one["subject"], one["details"]) for one in recorded()]


def signed_in(client: Client) -> bool:
    answer = client.get("/password")
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


LogIn = Callable[..., Client]


@pytest.fixture
def log_in() -> LogIn:
    def make(name: str, password: str = OLD) -> Client:
        client = Client()
        client.post("/login", {"username": name, "password": password})
        return client

    return make


def moderator(active: bool) -> dict[str, object]:
    """Give what an event says of a moderator."""
    return {"role": "moderator", "active": active, "topics": []}


@pytest.fixture
def anna() -> User:
    return roles.add("anna", OLD, Role.MODERATOR, TESTS)


@pytest.fixture
def ben() -> User:
    return roles.add("ben", OLD, Role.ADMIN, TESTS)


def test_a_disabled_moderator_is_out_at_once(anna: User, ben: User, log_in: LogIn) -> None:
    hers, elsewhere, his = log_in("anna"), log_in("anna"), log_in("ben")
    key = keys.create("app", [keys.Scope.REVIEW], TESTS, "anna")
    assert signed_in(hers)
    assert keys.verify(key) is not None
    assert done("disable", "anna", *WHY) == "anna is disabled; sessions ended: 2.\n"
    assert kinds()[-1] == (
        "account_disabled",
        "anna",
        moderator(active=False),
    )
    assert recorded()[-1]["reason"] == WHY[1]
    assert not any(map(signed_in, (hers, elsewhere, log_in("anna"))))
    assert keys.verify(key) is None
    with pytest.raises(InvalidInputError, match="'anna' is no account"):
        keys.create("other", [keys.Scope.REVIEW], TESTS, "anna")
    assert signed_in(his)
    assert Session.objects.count() == 1


def test_an_enabled_moderator_logs_in_anew(anna: User, log_in: LogIn) -> None:
    hers, key = log_in("anna"), keys.create("app", [keys.Scope.REVIEW], TESTS, "anna")
    done("disable", "anna", *WHY)
    hers.force_login(anna)  # as by a log-in that had begun before
    assert not signed_in(hers)
    assert done("enable", "anna", "--reason", "is back") == "anna is enabled.\n"
    assert kinds()[-1] == (
        "account_enabled",
        "anna",
        moderator(active=True),
    )
    assert recorded()[-1]["reason"] == "is back"
    assert not signed_in(hers), "sessions do not come back"
    assert signed_in(log_in("anna"))
    assert keys.verify(key) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("disable", "nobody", *WHY), "name: 'nobody' is no account; see 'mimawari accounts list'"),
        (("enable", "nobody", *WHY), "name: 'nobody' is no account; see 'mimawari accounts list'"),
        (("password", "nobody"), "name: 'nobody' is no account; see 'mimawari accounts list'"),
        (("disable", "anna", "--reason", " "), "reason: is empty; say why; the ledger keeps it"),
        (("enable", "carl", "--reason", ""), "reason: is empty; say why; the ledger keeps it"),
        (("disable", "carl", *WHY), "name: 'carl' is disabled already; leave it so"),
        (("enable", "anna", *WHY), "name: 'anna' is not disabled; leave it so"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("anna")
def test_wrong_changes(words: tuple[str, ...], said: str) -> None:
    User.objects.create_user("carl", is_active=False)
    before = kinds()
    assert refused(*words) == said
    assert kinds() == before
    assert dict(User.objects.values_list("username", "is_active")) == {"anna": True, "carl": False}


@pytest.mark.usefixtures("ben")
def test_the_last_active_administrator_stays() -> None:
    roles.add("eve", None, Role.ADMIN, TESTS)
    done("disable", "eve", *WHY)
    last = "name: 'ben' is the last active administrator; make another with 'mimawari createadmin'"
    assert refused("disable", "ben", *WHY).startswith(last)
    done("enable", "eve", *WHY)
    done("disable", "ben", *WHY)
    assert list(User.objects.filter(is_active=True)) == [User.objects.get(username="eve")]


def test_two_commands_at_once_leave_an_administrator() -> None:
    names = [f"admin{n}" for n in range(6)]
    for name in names:
        roles.add(name, None, Role.ADMIN, TESTS)
    together = Barrier(len(names))

    def disabled(name: str) -> bool:
        try:
            together.wait(10)
            account_state.disable(name, TESTS, "test")
        except InvalidInputError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(names)) as pool:
        assert sum(pool.map(disabled, names)) == len(names) - 1
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.usefixtures("anna")
def test_another_password_is_asked_for_twice_and_ends_sessions(log_in: LogIn) -> None:
    hers = log_in("anna")
    given = f"{NEW}\n{OLD}\n{NEW}\n{NEW}\n"  # wrongly repeated at first
    said = done("password", "anna", given=given)
    assert said.endswith("anna has another password; sessions ended: 1.\n")
    assert NEW not in said
    assert kinds()[-1] == (
        "account_password",
        "anna",
        moderator(active=True),
    )
    assert not signed_in(hers)
    assert not signed_in(log_in("anna", OLD))
    assert signed_in(log_in("anna", NEW))


@pytest.mark.usefixtures("anna")
def test_a_weak_password_changes_nothing(log_in: LogIn) -> None:
    hers, before = log_in("anna"), kinds()
    for weak in ("short", "anna", "12345678", ""):
        said = refused("password", "anna", "--password-stdin", given=f"{weak}\n")
        assert said.startswith("password: ")
    assert signed_in(hers)
    assert kinds() == before


@pytest.mark.usefixtures("anna", "ben")
def test_accounts_are_listed() -> None:
    done("add", "bot", "--no-password")
    done("disable", "anna", *WHY)
    rows = [line.split("│") for line in done("list").splitlines()]
    listed = {row[1].strip(): (row[3].strip(), row[5].strip()) for row in rows if len(row) > 5}
    assert listed == {
        "anna": ("moderator", "disabled"),
        "ben": ("admin", "yes"),
        "bot": ("moderator", "no"),
    }


def test_a_role_that_is_given_meanwhile_does_not_enable(anna: User) -> None:
    done("disable", "anna", *WHY)
    roles._apply(anna, Role.ML_ENGINEER)  # read before
    anna.refresh_from_db()
    assert not anna.is_active
    assert roles.role_of(anna) is Role.ML_ENGINEER
