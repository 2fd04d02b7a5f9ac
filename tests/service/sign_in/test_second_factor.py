"""A code after the password: sealed at rest, good once, limited, required, reset; all recorded."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from tests.acting import TESTS
from tests.service.audit.world import recorded
from tests.service.sign_in.acting import (
    PASSWORD,
    account,
    code,
    confirm,
    enrol,
    forget_in_memory,
    in_console,
    log_in,
    secret_of,
)
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.accounts import account_state, code_uses, roles, second_factor
from mimawari.service.accounts.authority import principal_of

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = django_settings.AXES_FAILURE_LIMIT


@pytest.fixture
def anna() -> User:
    return account()


@pytest.fixture
def enrolled(anna: User) -> str:
    return enrol(log_in())


@pytest.fixture
def required(settings: Settings) -> None:
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, second_factor_roles=("lead",))


def second_step(client: Client, given: str) -> int:
    return client.post("/login/code", {"code": given}).status_code


def sign_in_events(kind: str) -> list[tuple[str, str, dict[str, object]]]:
    return [(event["subject"], event["by"], event["details"]) for event in recorded(kind)]


def test_the_password_alone_lets_in_whoever_has_no_second_factor(anna: User) -> None:
    client = log_in()
    assert in_console(client)
    assert sign_in_events("signed_in") == [
        ("anna", "anna", {"method": "password", "factor": "", "address": "127.0.0.1"})
    ]


def test_a_code_is_asked_for_after_the_password(enrolled: str) -> None:
    client = log_in()
    assert not in_console(client)
    answer = client.get("/login/code")
    assert answer.status_code == 200
    assert "Second factor" in answer.text
    assert second_step(client, code(enrolled)) == 302
    assert in_console(client)
    assert sign_in_events("signed_in")[-1][2] == {
        "method": "password", "factor": "totp", "address": "127.0.0.1",
    }  # fmt: skip
    assert sign_in_events("second_factor_added") == [
        ("anna", "anna", {"factor": "totp", "name": ""}),
        ("anna", "anna", {"factor": "recovery_codes", "name": ""}),
    ]


def test_secrets_are_sealed_in_the_store(anna: User, enrolled: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        rows = str(cursor.fetchall())
    assert enrolled not in rows
    assert secret_of(anna) == enrolled


def test_another_key_of_the_state_folder_opens_none(
    anna: User, enrolled: str, tmp_path: Path
) -> None:
    config = msgspec.structs.replace(django_settings.CONFIG, state_dir=str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_settings, "CONFIG", config)
        with pytest.raises(InvalidInputError, match="second_factor_key"):
            secret_of(anna)
    assert (tmp_path / "second_factor_key").stat().st_mode & 0o077 == 0


def test_the_second_step_is_nobodys_without_the_first(enrolled: str) -> None:
    stranger = Client()
    assert second_step(stranger, code(enrolled)) == 302
    assert not in_console(stranger)


@pytest.mark.parametrize("step", [0, -1])
def test_a_code_counts_once_whichever_process_saw_it(enrolled: str, step: int) -> None:
    used = code(enrolled)
    assert second_step(log_in(), used) == 302
    forget_in_memory()
    again = log_in()
    # -1: the one before it, which somebody may have read over a shoulder and kept.
    assert second_step(again, used if step == 0 else code(enrolled, step)) == 200
    assert not in_console(again)
    assert sign_in_events("sign_in_refused")[-1][2]["why"] == "code"


def test_the_code_that_added_the_app_lets_nobody_in(enrolled: str) -> None:
    forget_in_memory()
    client = log_in()
    assert second_step(client, code(enrolled, -1)) == 200
    assert not in_console(client)


def test_of_two_uses_of_a_code_at_once_one_counts(enrolled: str) -> None:
    clients, given, results = [log_in(), log_in()], code(enrolled), []
    barrier = threading.Barrier(2)

    def use(client: Client) -> None:
        barrier.wait()
        results.append(second_step(client, given))
        connection.close()

    threads = [threading.Thread(target=use, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [200, 302]
    assert sorted(map(in_console, clients)) == [False, True]


def test_an_account_that_is_disabled_between_the_steps_stays_out(enrolled: str) -> None:
    client = log_in()
    account_state.disable("anna", TESTS, "left")
    answer = client.post("/login/code", {"code": code(enrolled)})
    assert answer.status_code == 403
    assert "Your account is disabled" in answer.text
    assert not in_console(client)
    assert sign_in_events("sign_in_refused")[-1][:2] == ("anna", "sign-in")
    assert len(sign_in_events("signed_in")) == 1  # the first, to add the app


def test_a_recovery_code_lets_in_once(enrolled: str) -> None:
    client = log_in()
    second_step(client, code(enrolled))
    confirm(client, "/account/codes")
    page = client.get("/account/codes").text
    first = page.partition('<ul class="codes"><li>')[2].partition("<")[0]
    other = log_in()
    assert second_step(other, first) == 302
    assert in_console(other)
    again = log_in()
    assert second_step(again, first) == 200
    assert not in_console(again)
    assert first not in client.get("/account/codes").text


def test_wrong_codes_count_like_wrong_passwords(enrolled: str) -> None:
    client = log_in()
    statuses = [second_step(client, "000000") for _ in range(LIMIT)]
    assert statuses == [200] * (LIMIT - 1) + [429]
    assert second_step(client, code(enrolled)) == 429
    assert not in_console(client)
    assert len(sign_in_events("sign_in_refused")) == LIMIT  # what is locked is told no more
    client.defaults["REMOTE_ADDR"] = "203.0.113.7"
    assert second_step(client, code(enrolled)) == 302


def test_who_has_the_password_cannot_guess_from_many_addresses(enrolled: str) -> None:
    for i in range(code_uses.MOST):
        client = Client(REMOTE_ADDR=f"203.0.113.{i}")
        client.post("/login", {"username": "anna", "password": PASSWORD})
        assert second_step(client, "000000") == 200
    last = Client(REMOTE_ADDR="198.51.100.1")
    last.post("/login", {"username": "anna", "password": PASSWORD})
    answer = last.post("/login/code", {"code": code(enrolled)})
    assert "Too many codes were wrong" in answer.text
    assert not in_console(last)


def test_changes_ask_for_the_password_once_more(anna: User) -> None:
    client = log_in()
    answer = client.get("/account/app")
    assert answer["Location"] == "/account/confirm?next=%2Faccount%2Fapp"
    wrong = client.post("/account/confirm", {"password": "wrong", "next": "/account/app"})
    assert "This password is wrong." in wrong.text
    assert client.get("/account/app").status_code == 302
    assert sign_in_events("sign_in_refused")[-1][0] == "anna"
    confirm(client)
    assert client.get("/account/app").status_code == 200


def test_the_picture_is_drawn_in_the_page(anna: User) -> None:
    client = log_in()
    confirm(client)
    page = client.get("/account/app").text
    assert "<svg" in page
    assert "data:" not in page
    assert "<?xml" not in page


def test_removing_it_ends_the_second_step(enrolled: str) -> None:
    client = log_in()
    second_step(client, code(enrolled))
    confirm(client, "/account/app/remove")
    assert client.post("/account/app/remove").status_code == 302
    assert not Authenticator.objects.exists()
    assert in_console(log_in())
    assert sign_in_events("second_factor_removed") == [
        ("anna", "anna", {"factor": "totp", "name": ""})
    ]


def test_new_recovery_codes_replace_the_old(enrolled: str) -> None:
    client = log_in()
    second_step(client, code(enrolled))
    confirm(client, "/account/codes")
    before = client.get("/account/codes").text
    assert client.post("/account/codes/new").status_code == 302
    assert client.get("/account/codes").text.count("<li>") == before.count("<li>") == 10
    assert client.get("/account/codes").text != before


@pytest.mark.usefixtures("required")
def test_who_needs_one_adds_it_before_anything_else(anna: User) -> None:
    assert in_console(log_in())  # a moderator
    roles.change("anna", "lead", TESTS)
    client = log_in()
    for path in ("/", "/review", "/password"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/account"), path
    assert client.post("/review/decide", {"alert": "1"}).status_code == 302
    assert "Your role requires a second factor" in client.get("/account").text
    enrol(client)
    assert in_console(client)


@pytest.mark.usefixtures("required")
def test_the_last_one_stays_where_one_is_required(anna: User) -> None:
    roles.change("anna", "lead", TESTS)
    client = log_in()
    enrol(client)
    answer = client.post("/account/app/remove")
    assert "Your role requires a second factor" in answer.text
    assert Authenticator.objects.filter(type="totp").exists()


def test_an_account_without_a_password_here_adds_none(anna: User) -> None:
    client = Client()
    client.force_login(roles.add("bot", None, "moderator", TESTS))
    for path in ("/account/app", "/account/codes", "/account/passkeys/add", "/account/confirm"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/account"), path
    assert "Your account has no password here" in client.get("/account").text


def reset(*words: str) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["accounts", "reset-second-factor", *words]
    )
    if result.exit_code:
        raise result.exception or AssertionError(result.output)
    return result.output


def test_an_administrator_resets_it(anna: User, enrolled: str) -> None:
    roles.add("grace", None, "admin", TESTS)
    client = log_in()
    second_step(client, code(enrolled))
    reset("anna", "--reason", "lost her phone", "--by", "grace")
    assert not in_console(client)
    assert in_console(log_in())
    event = recorded("second_factor_reset")[0]
    assert (event["subject"], event["by"], event["reason"]) == ("anna", "grace", "lost her phone")
    assert event["details"] == {"factors": ["totp", "recovery_codes"]}


def test_a_reset_that_may_not_be_is_refused(anna: User, enrolled: str) -> None:
    roles.add("ben", None, "lead", TESTS)
    with pytest.raises(ForbiddenError):
        reset("anna", "--reason", "x", "--by", "ben")
    with pytest.raises(InvalidInputError, match="reason: is empty"):
        reset("anna", "--reason", " ")
    with pytest.raises(InvalidInputError, match="no account"):
        reset("nobody", "--reason", "x")
    with pytest.raises(InvalidInputError, match="'ben' has no second factor"):
        reset("ben", "--reason", "x")
    with pytest.raises(ForbiddenError):
        second_factor.reset("anna", principal_of(anna), "it is mine")
    assert not in_console(log_in())


@pytest.mark.parametrize("typed", ["anna", "a-password-in-the-wrong-field"])
def test_a_refusal_keeps_no_name_that_no_account_has(anna: User, typed: str) -> None:
    log_in(typed, "wrong")
    subject = typed if typed == "anna" else ""
    assert sign_in_events("sign_in_refused") == [
        (subject, "sign-in", {"why": "password", "address": "127.0.0.1"})
    ]
