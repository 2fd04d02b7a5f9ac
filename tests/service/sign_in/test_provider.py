"""Sign-in by a real OpenID Connect provider: groups to roles, refusals, replays, odd answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings
from tests.acting import TESTS
from tests.service.audit.world import recorded
from tests.service.sign_in.acting import PASSWORD, account, code, enrol, in_console, log_in
from tests.service.sign_in.provider import (
    Provider,
    come_back,
    onward,
    query,
    running_provider,
    sign_in_there,
    use,
)
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.errors import InvalidInputError
from mimawari.service.accounts import account_state, roles

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(process: Provider, settings: Settings) -> Provider:
    use(settings, process.url)
    return process


def role(name: str) -> str:
    return str(roles.role_of(User.objects.get(username=name)))


def refusals() -> list[str]:
    return [event["details"]["why"] for event in recorded("sign_in_refused")]


def test_groups_give_the_role_of_a_new_account(provider: Provider, client: Client) -> None:
    provider.tell("7", "anna", "staff", "market-leads")
    answer = sign_in_there(client, provider, "7")
    assert answer["Location"] == "/"  # type: ignore[index]
    assert in_console(client)
    assert role("anna") == "lead"
    assert not User.objects.get().has_usable_password()
    kinds = [event["kind"] for event in recorded()]
    assert kinds == ["account", "account_linked", "signed_in"]
    made, linked, signed_in = recorded()
    assert made["by"] == linked["by"] == "identity provider"
    assert linked["details"] == {"issuer": provider.url, "subject": "7"}
    assert (signed_in["by"], signed_in["details"]["method"]) == ("anna", "provider")


def test_nothing_is_kept_of_what_the_provider_tells(provider: Provider, client: Client) -> None:
    for i in range(2):
        provider.tell("7", f"anna{i}", "market-leads")
        sign_in_there(Client(), provider, "7")
    assert SocialAccount.objects.get().extra_data == {}
    assert not EmailAddress.objects.exists()
    assert not SocialToken.objects.exists()
    user = User.objects.get()
    assert (user.username, user.email, user.first_name) == ("anna0", "", "")


def test_it_goes_where_one_wanted_and_to_no_other_host(provider: Provider) -> None:
    provider.tell("7", "anna", "market-leads")
    answers = [
        sign_in_there(Client(), provider, "7", to)["Location"]  # type: ignore[index]
        for to in ("/history", "https://evil.example/", "//evil.example/")
    ]
    assert answers == ["/history", "/", "/"]


def test_who_has_no_mapped_group_is_refused(provider: Provider, client: Client) -> None:
    provider.tell("8", "mallory", "staff")
    answer = sign_in_there(client, provider, "8")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert "None of your groups at the identity provider means a role here" in answer.text  # type: ignore[attr-defined]
    assert not in_console(client)
    assert not User.objects.exists()
    assert refusals() == ["no_group"]


def test_the_role_follows_the_groups_at_each_sign_in(provider: Provider) -> None:
    for groups, expected in (
        (("market-moderators",), "moderator"),
        (("market-moderators", "market-admins"), "admin"),
        (("market-leads",), "lead"),
    ):
        provider.tell("7", "anna", *groups)
        sign_in_there(Client(), provider, "7")
        assert role("anna") == expected
    assert [event["details"]["role"] for event in recorded("account_role")] == ["admin", "lead"]
    assert {event["by"] for event in recorded("account_role")} == {"identity provider"}


def test_a_group_that_is_gone_takes_the_role_and_the_sessions(provider: Provider) -> None:
    provider.tell("7", "anna", "market-admins")
    before = Client()
    sign_in_there(before, provider, "7")
    assert in_console(before)
    provider.tell("7", "anna", "staff")
    after = Client()
    assert sign_in_there(after, provider, "7").status_code == 403  # type: ignore[attr-defined]
    assert role("anna") == "moderator"
    assert not in_console(before)
    assert not in_console(after)
    provider.tell("7", "anna", "market-leads")
    sign_in_there(after, provider, "7")
    assert in_console(after)


def test_a_disabled_account_stays_out(provider: Provider, client: Client) -> None:
    provider.tell("7", "anna", "market-leads")
    sign_in_there(Client(), provider, "7")
    account_state.disable("anna", TESTS, "left")
    provider.tell("7", "hanna", "market-leads")
    answer = sign_in_there(client, provider, "7")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert "Your account is disabled" in answer.text  # type: ignore[attr-defined]
    assert not in_console(client)
    assert not User.objects.get().is_active
    assert refusals() == ["disabled"]
    assert recorded("sign_in_refused")[0]["subject"] == "anna"


def test_an_account_that_was_made_here_is_not_taken_over(provider: Provider) -> None:
    account("grace", "admin")
    provider.tell("9", "grace", "market-leads")
    client = Client()
    answer = sign_in_there(client, provider, "9")
    assert "An account of your name exists already" in answer.text  # type: ignore[attr-defined]
    assert not in_console(client)
    assert role("grace") == "admin"
    assert refusals() == ["name_taken"]


def linked(*words: str) -> str:
    result = CliRunner().invoke(app, ["accounts", "link", *words])
    if result.exit_code:
        raise result.exception or AssertionError(result.output)
    return result.output


def test_an_administrator_links_an_account_that_was_made_here(provider: Provider) -> None:
    account("grace", "admin")
    account("ben")
    linked("grace", "9")
    provider.tell("9", "somebody", "market-leads")
    client = Client()
    sign_in_there(client, provider, "9")
    assert in_console(client)
    assert User.objects.count() == 2
    assert role("grace") == "lead"
    for words in (("grace", "10"), ("ben", "9")):
        with pytest.raises(InvalidInputError, match="is linked already"):
            linked(*words)
    with pytest.raises(InvalidInputError, match="is empty"):
        linked("ben", " ")


def test_a_linked_account_with_a_second_factor_is_asked_for_it(provider: Provider) -> None:
    account("grace", "lead")
    secret = enrol(log_in("grace"))
    linked("grace", "9")
    provider.tell("9", "grace", "market-leads")
    client = Client()
    answer = sign_in_there(client, provider, "9")
    assert answer["Location"] == "/login/code"  # type: ignore[index]
    assert not in_console(client)
    client.post("/login/code", {"code": code(secret)})
    assert in_console(client)
    details = recorded("signed_in")[-1]["details"]
    assert (details["method"], details["factor"]) == ("provider", "totp")


@pytest.mark.parametrize("name", ["", "no spaces please", "x" * 151])
def test_a_name_that_cannot_be_used_is_refused(provider: Provider, name: str) -> None:
    provider.tell("7", name, "market-leads")
    answer = sign_in_there(Client(), provider, "7")
    assert "the name cannot be used here" in answer.text  # type: ignore[attr-defined]
    assert not User.objects.exists()


def test_a_state_counts_once_and_in_its_own_browser(provider: Provider, client: Client) -> None:
    provider.tell("7", "anna", "market-leads")
    back = provider.agree(onward(client), "7")
    thief = Client()
    assert come_back(thief, back + "&_redir=").status_code == 403  # type: ignore[attr-defined]
    assert not in_console(thief)
    assert come_back(client, back).status_code == 302  # type: ignore[attr-defined]
    client.post("/logout")
    again = come_back(client, back + "&_redir=")
    assert again.status_code == 403  # type: ignore[attr-defined]
    assert "used an old link" in again.text  # type: ignore[attr-defined]
    assert not in_console(client)
    assert refusals() == ["provider", "provider"]


def test_the_answer_to_another_browser_counts_for_nothing(
    provider: Provider, client: Client
) -> None:
    provider.tell("7", "anna", "market-leads")
    hers = query(provider.agree(onward(client), "7"))["code"]
    thief = Client()
    state = query(onward(thief))["state"]
    answer = come_back(thief, f"/login/provider/back?code={hers}&state={state}")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert not in_console(thief)
    assert not User.objects.exists()


def test_the_request_to_the_provider_asks_for_little_and_binds_the_answer(
    provider: Provider, client: Client
) -> None:
    asked = query(onward(client))
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://testserver/login/provider/back"
    assert min(len(asked["state"]), len(asked["nonce"])) >= 16


def test_a_link_from_elsewhere_begins_nothing(provider: Provider) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/login/provider").status_code == 405
    assert strict.post("/login/provider").status_code == 403
    odd = Client()
    there = odd.post("/login/provider?process=connect&scope=admin", {"process": "connect"})
    assert "scope=" in there.text
    assert "admin" not in there.text


def test_cancelling_is_explained(provider: Provider, client: Client) -> None:
    state = query(onward(client))["state"]
    answer = come_back(client, f"/login/provider/back?error=access_denied&state={state}")
    assert answer.status_code == 403  # type: ignore[attr-defined]
    assert "you cancelled" in answer.text  # type: ignore[attr-defined]


def test_the_log_in_page_offers_it_only_where_it_is_set_up(client: Client) -> None:
    assert "Log in with" not in client.get("/login").text
    assert client.post("/login/provider").status_code == 404
    assert client.get("/login/provider/back").status_code == 404


def test_the_log_in_page_names_it(provider: Provider, client: Client) -> None:
    assert "Log in with Market ID" in client.get("/login").text
    account()
    assert in_console(log_in(password=PASSWORD))  # beside it


def test_a_provider_that_does_not_answer_is_told(client: Client, settings: Settings) -> None:
    use(settings, "http://127.0.0.1:9")
    answer = client.post("/login/provider")
    assert answer.status_code == 502
    assert "does not answer" in answer.text


ODD = {
    "no JSON": b"<html>",
    "a list": b"[]",
    "nothing in it": b"{}",
    "no token endpoint": json.dumps({"authorization_endpoint": "http://127.0.0.1:9/a"}).encode(),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_a_provider_that_answers_nonsense_is_no_failure_of_ours(
    body: bytes, client: Client, settings: Settings
) -> None:
    class Nonsense(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nonsense)
    Thread(target=server.serve_forever, daemon=True).start()
    use(settings, f"http://127.0.0.1:{server.server_port}")
    answer = client.post("/login/provider")
    server.shutdown()
    server.server_close()
    assert answer.status_code == 502
