"""How often a sign-in may fail: of a name from an address, and of an address whatever the names.

An account is never locked as a whole: strangers who know its name lock it for themselves.
"""

from __future__ import annotations

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from django.contrib.auth.signals import user_login_failed
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from mimawari.service.accounts.sign_in_events import Refused, record_refusal

NAMES = 4
"""An address may fail as often as so many of its names may."""
NOBODY = "(passkey)"
"""Stands for the name where none is given; no account can be called so."""


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # it has no types
    """Counts both."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> int:
        """Give the failures of the name from the address, or the share of the address's own."""
        of_name: int = super().get_failures(request, credentials)
        return max(of_name, failures_of(get_client_ip_address(request)) // NAMES)

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, str],
        request: HttpRequest | None = None,
        **kwargs: object,
    ) -> None:
        """Count a failure and tell the ledger; what is locked already does neither."""
        locked = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None and not locked:
            why = Refused(credentials.get("why", Refused.PASSWORD))
            name = credentials.get("username") or ""
            record_refusal(name, why, get_client_ip_address(request))


def is_open(request: HttpRequest, name: str = NOBODY) -> bool:
    """Whether another try counts; where none does, the answer will say so."""
    allowed: bool = AxesProxyHandler.is_allowed(request, {"username": name})
    if not allowed:
        request.axes_locked_out = True  # type: ignore[attr-defined]  # its middleware answers
    return allowed


def count_failure(request: HttpRequest, why: Refused, name: str = NOBODY) -> None:
    """Count a second factor or passkey that was wrong as a wrong password is."""
    credentials = {"username": name, "why": str(why)}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def failures_of(address: str | None) -> int:
    """Count the failed sign-ins of an address within the cool-off, whatever their names."""
    since = timezone.now() - get_cool_off()
    attempts = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
