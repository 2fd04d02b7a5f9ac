"""Nothing that is sent instead of a code or a passkey is a failure of the service."""

from __future__ import annotations

import json
import random
from base64 import urlsafe_b64encode

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from tests.service.audit.world import recorded
from tests.service.sign_in.acting import account, confirm, enrol, in_console, log_in

pytestmark = pytest.mark.django_db(transaction=True)
CODES = ("", " ", "x" * 100_000, "\0", "１２３４５６", "é" * 6, "-12345", "1e5", "\ud800", "<b>")
LIMIT = django_settings.AXES_FAILURE_LIMIT


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def answer(**changes: object) -> dict[str, object]:
    """Give what a browser would send, with something changed."""
    client = json.dumps({"type": "webauthn.get", "challenge": "eA", "origin": "http://localhost"})
    response = {
        "clientDataJSON": encoded(client.encode()),
        "authenticatorData": encoded(bytes(37)),
        "signature": encoded(bytes(64)),
        "userHandle": encoded(b"1"),
        "attestationObject": encoded(b"\xa3cfmtdnonegattStmt\xa0hauthDataX\x25" + bytes(37)),
        **changes,
    }
    return {"id": "eA", "rawId": "eA", "type": "public-key", "response": response}


def hostile() -> list[str]:
    nested = b"\x81" * 5_000
    random.seed(5)
    texts = [
        "", "null", "[]", "1", '"x"', "{}", "{", '{"response": []}', '{"response": {}}',
        "[" * 100_000, '{"a":' * 5_000, "x" * 200_000, '{"id": "\\u0000"}', '{"id": "é"}',
        '{"id": 1e999, "rawId": NaN}',
    ]  # fmt: skip
    parts = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject")
    for part in parts:
        for value in (
            None, 7, [], {}, "", "!", "e", encoded(nested), encoded(b"\xff" * 40),
            encoded(b"9" * 400), encoded(b"-1"), encoded(b"\0"), encoded(b"99999999999999"),
            encoded(random.randbytes(200)),
        ):  # fmt: skip
            texts.append(json.dumps(answer(**{part: value})))
    return texts


@pytest.fixture
def anna() -> User:
    return account()


@pytest.mark.parametrize("code", CODES, ids=ascii)
def test_a_code_of_any_text(anna: User, code: str) -> None:
    enrol(log_in())
    client = log_in()
    body = b"code=" + code.encode("utf-8", "surrogatepass")
    sent = client.post("/login/code", body, content_type="application/x-www-form-urlencoded")
    assert sent.status_code == 200
    assert not in_console(client)


def test_a_passkey_of_any_text_signs_nobody_in(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "AXES_FAILURE_LIMIT", 10_000)
    client = Client()
    for text in hostile():
        client.get("/login/passkey", headers={"Accept": "application/json"})
        sent = client.post("/login/passkey", {"credential": text})
        assert sent.status_code == 302, text[:200]
    assert not in_console(client)


def test_a_passkey_of_any_text_is_no_second_factor(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_settings, "AXES_FAILURE_LIMIT", 10_000)
    enrol(log_in())
    client = log_in()
    for text in hostile():
        client.get("/login/code")
        assert client.post("/login/code", {"credential": text}).status_code == 200, text[:200]
    assert not in_console(client)


def test_a_passkey_of_any_text_is_not_added(anna: User) -> None:
    client = log_in()
    confirm(client, "/account/passkeys/add")
    for text in hostile():
        client.get("/account/passkeys/add")
        sent = client.post("/account/passkeys/add", {"credential": text, "name": "x"})
        assert sent.status_code == 200, text[:200]
    assert not recorded("second_factor_added")


def test_wrong_passkeys_slow_their_address_and_no_account(anna: User) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    sent = [
        stranger.post("/login/passkey", {"credential": json.dumps(answer())}).status_code
        for _ in range(LIMIT + 3)
    ]
    assert sent == [302] * (LIMIT - 1) + [429] * 4
    assert len(recorded("sign_in_refused")) == LIMIT
    assert in_console(log_in())
