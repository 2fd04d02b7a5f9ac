"""Failed sign-ins: slowed by address, as trusted proxies tell it, and by no account."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from tests.acting import TESTS

from mimawari.service.accounts import roles
from mimawari.service.accounts.throttle import NAMES

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long word 12"
LIMIT = settings.AXES_FAILURE_LIMIT
PROXY, ANNA, STRANGER = "127.0.0.1", "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def anna() -> None:
    roles.add("anna", PASSWORD, "moderator", TESTS)


def sign_in(name: str, password: str, forwarded: str = "", peer: str = PROXY) -> int:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=peer, headers=headers).post("/login", form).status_code


def test_a_stranger_locks_an_account_for_themselves_alone() -> None:
    statuses = [sign_in("anna", "wrong", STRANGER) for _ in range(LIMIT + 1)]
    assert statuses[-1] == 429
    assert sign_in("anna", PASSWORD, STRANGER) == 429
    assert sign_in("anna", PASSWORD, ANNA) == 302


@pytest.mark.parametrize(
    "written", ["6.6.6.{}", "10.0.0.{}, 6.6.6.{}", "x{}", "127.0.0.1, 6.6.6.{}"]
)
def test_what_a_stranger_writes_into_the_header_counts_for_nothing(written: str) -> None:
    statuses = [
        sign_in("anna", "wrong", f"{written.replace('{}', str(i))}, {STRANGER}")
        for i in range(LIMIT + 1)
    ]
    assert statuses[-1] == 429


def test_the_header_of_who_is_no_proxy_counts_for_nothing() -> None:
    for i in range(LIMIT):
        sign_in("anna", "wrong", f"6.6.6.{i}", peer=STRANGER)
    assert sign_in("anna", "wrong", "6.6.6.99", peer=STRANGER) == 429
    assert sign_in("anna", PASSWORD, peer=ANNA) == 302


def test_many_names_from_one_address_are_slowed() -> None:
    tries = [sign_in(f"name{i}", "wrong", STRANGER) for i in range(NAMES * LIMIT + 1)]
    assert 429 not in tries[: NAMES * LIMIT - 1]
    assert tries[-1] == 429
    assert sign_in("anna", PASSWORD, STRANGER) == 429
    assert sign_in("anna", PASSWORD, ANNA) == 302


def test_addresses_of_one_ipv6_household_count_as_one() -> None:
    statuses = [sign_in("anna", "wrong", f"2001:db8::{i}:1") for i in range(LIMIT + 1)]
    assert statuses[-1] == 429
    assert sign_in("anna", PASSWORD, "2001:db8:1::1") == 302
