"""How often a sign-in may fail: of a name from an address, and of an address whatever the names.

An account is never locked as a whole: strangers who know its name lock it for themselves.
"""

from __future__ import annotations

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

NAMES = 4
"""An address may fail as often as so many of its names may."""


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # it has no types
    """Counts both."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> int:
        """Give the failures of the name from the address, or the share of the address's own."""
        of_name: int = super().get_failures(request, credentials)
        return max(of_name, failures_of(get_client_ip_address(request)) // NAMES)


def failures_of(address: str | None) -> int:
    """Count the failed sign-ins of an address within the cool-off, whatever their names."""
    since = timezone.now() - get_cool_off()
    attempts = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
