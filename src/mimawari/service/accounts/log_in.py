"""Which log-in of an account a request comes from.

It outlives the session's own key, which a change of the password replaces, and says nothing that
would let anybody in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.crypto import get_random_string

if TYPE_CHECKING:
    from django.http import HttpRequest

KEY = "log_in"
LENGTH = 16


def begin(request: HttpRequest, **_: object) -> None:
    """Name a log-in, as one begins."""
    request.session[KEY] = get_random_string(LENGTH)


def log_in_of(request: HttpRequest) -> str:
    """Give the log-in of a session; one from before an upgrade is named now."""
    if KEY not in request.session:
        begin(request)
    return str(request.session[KEY])
