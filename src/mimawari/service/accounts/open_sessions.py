"""Where accounts are signed in: noted as they are used, shown to their owner, ended remotely."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.client_address import client_address
from mimawari.service.accounts.device_name import device_name
from mimawari.service.accounts.log_in import log_in_of
from mimawari.service.accounts.models import OpenSession
from mimawari.service.accounts.sign_in_events import SESSIONS_ENDED, SessionsDetails
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from mimawari.records.principal import Principal

EVERY_SECONDS = 60.0
LONGEST_DEVICE = 200
MOST_REMEMBERED = 10_000


class SessionsSeen:
    """Middleware that notes when and from where a session was last used, once a minute at most."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._seen: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, then note it."""
        response = self._get_response(request)
        key = request.session.session_key
        if key and self._is_due(key) and request.user.is_authenticated:
            note(request, request.user)
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen.clear()
            self._seen[key] = time.monotonic()
        return response

    def _is_due(self, key: str) -> bool:
        seen = self._seen.get(key)
        return seen is None or time.monotonic() - seen >= EVERY_SECONDS


def note(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Note that a session is used now; its key may be another than when it began."""
    log_in, now = log_in_of(request), timezone.now()
    state = {
        "session_key": request.session.session_key,
        "address": client_address(request),
        "device": request.headers.get("User-Agent", "")[:LONGEST_DEVICE],
        "seen_at": now,
    }
    if not OpenSession.objects.filter(user_id=user.pk, log_in=log_in).update(**state):
        row = OpenSession(user_id=user.pk, log_in=log_in, begun_at=now, **state)
        OpenSession.objects.bulk_create([row], ignore_conflicts=True)  # of two requests at once


class SessionRow(msgspec.Struct, frozen=True):
    """A session as its owner sees it."""

    number: int
    row: OpenSession
    device: str
    current: bool


def listed(request: HttpRequest, user: AbstractBaseUser) -> list[SessionRow]:
    """Give where the account of a request is signed in, the newest use first."""
    current = request.session.session_key
    return [
        SessionRow(row.pk, row, device_name(row.device), row.session_key == current)
        for row in _open(user.pk).order_by("-seen_at")
    ]


def end(user: AbstractBaseUser, number: int) -> bool:
    """End one of an account's sessions; False where it is over already, or another's."""
    with transaction.atomic():
        row = OpenSession.objects.filter(pk=number, user_id=user.pk).first()
        if row is None or not Session.objects.filter(pk=row.session_key).delete()[0]:
            return False
        row.delete()
        record(SESSIONS_ENDED, user.get_username(), principal_of(user), SessionsDetails(1))
    return True


def end_everywhere(user: AbstractBaseUser, actor: Principal, reason: str = "") -> int:
    """End all sessions of an account, that of who asks too; gives how many there were."""
    with transaction.atomic():
        ended = end_sessions(user)
        record(SESSIONS_ENDED, user.get_username(), actor, SessionsDetails(ended), reason)
    return ended


def end_sessions(user: AbstractBaseUser) -> int:
    """Remove them: a session says whose it is only inside, so all that run are read."""
    running = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [
        session.pk for session in running if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    OpenSession.objects.filter(user_id=user.pk).delete()
    return Session.objects.filter(pk__in=theirs).delete()[0]


def forget_ended(user: AbstractBaseUser) -> None:
    """Remove what is noted of an account's sessions that are over."""
    running = _open(user.pk).values("pk")
    OpenSession.objects.filter(user_id=user.pk).exclude(pk__in=running).delete()


def _open(account: int) -> QuerySet[OpenSession]:
    running = Session.objects.filter(expire_date__gt=timezone.now()).values("pk")
    return OpenSession.objects.filter(user_id=account, session_key__in=running)
