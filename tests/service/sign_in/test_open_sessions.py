"""Where one is signed in: listed with device and address, ended one by one or all at once."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.audit.world import recorded
from tests.service.sign_in.acting import PASSWORD, account, in_console, log_in
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.errors import ForbiddenError
from mimawari.service.accounts import account_state, open_sessions, roles
from mimawari.service.accounts.models import OpenSession

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, DESK = "Phone/1.0 <b>", "Desk/2.0"


@pytest.fixture
def anna() -> User:
    return account()


def rows() -> list[OpenSession]:
    return list(OpenSession.objects.order_by("begun_at"))


def test_a_session_shows_device_and_address(anna: User) -> None:
    phone = log_in(user_agent=PHONE, x_forwarded_for="203.0.113.7")
    log_in(user_agent=DESK, x_forwarded_for="198.51.100.9")
    page = phone.get("/account").text
    assert "Phone/1.0 &lt;b&gt;" in page
    assert "<b>" not in page
    for text in (DESK, "203.0.113.7", "198.51.100.9", "this session"):
        assert text in page, text
    assert page.count("Log out this session") == 1


def test_one_session_is_signed_out_from_another(anna: User) -> None:
    phone, desk = log_in(user_agent=PHONE), log_in(user_agent=DESK)
    number = rows()[0].pk
    assert desk.post("/account/sessions", {"session": number}).status_code == 302
    assert not in_console(phone)
    assert in_console(desk)
    assert recorded("sessions_ended")[0]["details"] == {"ended": 1}
    assert "was over already" in desk.post(
        "/account/sessions", {"session": number}, follow=True
    ).text  # fmt: skip


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "²"])
def test_an_odd_number_ends_nothing(anna: User, number: str) -> None:
    client = log_in()
    answer = client.post("/account/sessions", {"session": number}, follow=True)
    assert "was over already" in answer.text
    assert in_console(client)


def test_nobody_ends_the_session_of_another(anna: User) -> None:
    account("ben")
    hers, his = log_in(), log_in("ben")
    row = OpenSession.objects.get(user=anna)
    his.post("/account/sessions", {"session": row.pk})
    assert in_console(hers)


def test_everywhere_is_everywhere(anna: User) -> None:
    account("ben")
    clients, other = [log_in() for _ in range(3)], log_in("ben")
    answer = clients[0].post("/account/sessions", {"which": "all"}, follow=True)
    assert "You are logged out of 3 sessions." in answer.text
    assert not any(map(in_console, clients))
    assert in_console(other)
    event = recorded("sessions_ended")[0]
    assert (event["subject"], event["by"], event["details"]) == ("anna", "anna", {"ended": 3})


def test_an_administrator_signs_somebody_out(anna: User) -> None:
    roles.add("grace", None, "admin", TESTS)
    client = log_in()
    words = ["accounts", "sign-out", "anna", "--reason", "left a tablet"]
    result = CliRunner().invoke(app, [*words, "--by", "grace"])
    assert result.exit_code == 0, result.output
    assert not in_console(client)
    event = recorded("sessions_ended")[0]
    assert (event["by"], event["reason"]) == ("grace", "left a tablet")
    refused = CliRunner().invoke(app, [*words, "--by", "anna"])
    assert isinstance(refused.exception, ForbiddenError)


def test_a_changed_password_keeps_this_session_and_ends_the_others(anna: User) -> None:
    client, other = log_in(), log_in()
    new = "quite another sentence, and odd"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password", form).status_code == 302
    assert in_console(client)
    assert not in_console(other)
    assert client.get("/account").text.count("this session") == 1
    current = client.session.session_key
    assert OpenSession.objects.filter(session_key=current).exists()


def test_a_session_from_before_an_upgrade_is_listed_once_it_is_used(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    assert not rows()
    client.get("/")
    assert "this session" in client.get("/account").text


def test_sessions_that_are_over_are_not_listed_and_forgotten(anna: User) -> None:
    for _ in range(3):
        log_in()
    Session.objects.all().delete()
    client = log_in()
    assert len(rows()) == 1
    assert client.get("/account").text.count("<tr>") == 2
    account_state.disable("anna", TESTS, "left")
    assert not rows()


def test_use_is_noted_once_a_minute(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in()
    client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/")
    assert not [q for q in queries.captured_queries if "opensession" in q["sql"]]
    before = rows()[0].seen_at
    monkeypatch.setattr(open_sessions, "EVERY_SECONDS", 0.0)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert len([q for q in queries.captured_queries if "opensession" in q["sql"]]) == 1
    assert rows()[0].seen_at > before


def test_the_page_takes_as_many_queries_for_many_sessions(anna: User) -> None:
    client = log_in()
    client.get("/account")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/account")
        counts.append(len(queries))
        for _ in range(5):
            log_in()
    assert counts[0] == counts[1] <= 12


def test_the_name_of_a_log_in_is_on_its_row(anna: User) -> None:
    client = log_in()
    assert rows()[0].log_in == client.session["log_in"]
    assert re.fullmatch(r"\w{16}", rows()[0].log_in)
