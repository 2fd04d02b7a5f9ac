"""People who sign in by forms, as a browser sends them."""

from __future__ import annotations

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from tests.acting import TESTS

from mimawari.service.accounts import roles, sealed_text

PASSWORD = "a long and odd sentence"


def account(name: str = "anna", role: str = "moderator") -> User:
    return roles.add(name, PASSWORD, role, TESTS)


def log_in(name: str = "anna", password: str = PASSWORD, **headers: str) -> Client:
    client = Client(headers=headers)
    client.post("/login", {"username": name, "password": password})
    return client


def in_console(client: Client) -> bool:
    return client.get("/").status_code == 200


def confirm(client: Client, path: str = "/account/app") -> None:
    """Give the password once more, as changes of second factors ask for."""
    answer = client.post(f"/account/confirm?next={path}", {"password": PASSWORD, "next": path})
    assert (answer.status_code, answer["Location"]) == (302, path)


def secret_on(page: str) -> str:
    match = re.search(r'class="secret">(\w+)<', page)
    assert match, page
    return match[1]


def code(secret: str, step: int = 0) -> str:
    """Give the code of now, or of some steps of half a minute later."""
    middle = list(auth.yield_hotp_counters_from_time())[1]
    return auth.format_hotp_value(auth.hotp_value(secret, middle + step))


def enrol(client: Client) -> str:
    """Add an app with the code of half a minute ago; gives the secret."""
    confirm(client)
    secret = secret_on(client.get("/account/app").text)
    answer = client.post("/account/app", {"code": code(secret, -1)})
    assert answer.status_code == 302, answer.text
    return secret


def secret_of(user: User) -> str:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return sealed_text.opened(row.data["secret"])


def forget_in_memory() -> None:
    """Have what another process, or the same one started anew, would know."""
    cache.clear()
