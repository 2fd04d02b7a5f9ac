"""What is written once somebody passed every step of signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import get_authentication_records
from django.db import transaction

from mimawari.service.accounts import open_sessions
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.client_address import client_address
from mimawari.service.accounts.sign_in_events import SIGNED_IN, Method, SignInDetails
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.contrib.auth.models import User
    from django.http import HttpRequest


def passed(request: HttpRequest, user: User, **_: object) -> None:
    """Tell the ledger how, and note the session."""
    steps = get_authentication_records(request, user)
    details = SignInDetails(*_methods(steps), client_address(request))
    with transaction.atomic():
        open_sessions.forget_ended(user)
        open_sessions.note(request, user)
        record(SIGNED_IN, user.username, principal_of(user), details)


def _methods(steps: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """Give the first method and the second factor of allauth's notes of a log-in.

    Examples
    --------
    >>> _methods([{"method": "password"}, {"method": "mfa", "type": "totp"}])
    ('password', 'totp')
    >>> _methods([{"method": "mfa", "type": "webauthn", "passwordless": True}])
    ('passkey', '')
    """
    first, factor = "", ""
    for step in steps:
        method = str(step["method"])
        if method == "mfa" and not step.get("passwordless"):
            factor = str(step["type"])
        else:
            first = {"socialaccount": Method.PROVIDER, "mfa": Method.PASSKEY}.get(
                method, Method.PASSWORD
            )
    return str(first), factor
