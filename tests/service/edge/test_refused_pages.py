"""Requests that are refused stay refused, whatever stands in their bodies and addresses."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from tests.acting import TESTS

from mimawari.service.accounts import roles

pytestmark = pytest.mark.django_db(transaction=True)
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
TOO_LARGE = (2**31, 2**63 - 1, 2**63, 2**64, 10**30)
BY_NUMBER = ("group", "campaign", "trial", "alarm", "webhook")
CHANGES = ("undo_group", "remove_view", "retire_edge_case", "change_campaign", "change_alarm",
           "change_webhook")  # fmt: skip


def browser(checks: bool = True) -> Client:
    """Give an administrator's, whose cookie makes the token in the form be looked for."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=checks)
    client.force_login(roles.add("ada", None, "admin", TESTS))
    client.cookies["csrftoken"] = "a" * 32
    return client


@pytest.mark.parametrize("body", [b"\n" * 5_000, b"a=1&" * 2_000, b'{"a":' * 3_000])
@pytest.mark.parametrize("kind", [FORM, PARTS])
@pytest.mark.parametrize(
    ("path", "host"), [("/no/page", None), ("/no/page", "[::1"), ("/models/compare", "[::1")]
)
def test_a_body_that_is_no_form(path: str, host: str | None, kind: str, body: bytes) -> None:
    headers = {} if host is None else {"host": host}
    answer = browser().post(path, body, kind, headers=headers)
    assert answer.status_code == (404 if host is None else 400)
    text = "There is no such page" if host is None else "This request was not understood"
    assert text in answer.content.decode()


@pytest.mark.parametrize("name", BY_NUMBER)
@pytest.mark.parametrize("number", TOO_LARGE)
def test_a_number_that_no_row_has(name: str, number: int) -> None:
    address = reverse(f"console:{name}", args=[1]).replace("1", str(number))
    assert browser().get(address).status_code == 404


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("number", TOO_LARGE)
def test_a_change_of_what_no_row_is(name: str, number: int) -> None:
    address = reverse(f"console:{name}", args=[1]).replace("1", str(number))
    form = {"reason": "because", "press": "pause", "state": "pause"}
    assert browser(checks=False).post(address, form).status_code in (302, 400, 404, 409)
