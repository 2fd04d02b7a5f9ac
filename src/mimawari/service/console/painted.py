"""What ties a decision to the account and the log-in that saw its item.

Each item on a page carries a signed proof of who was shown it. A tab outlives log-ins: what it
kept is refused under any other account, and under another log-in until its maker says so again.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views import csrf

from mimawari.service.accounts.log_in import log_in_of
from mimawari.service.console.refusals import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from mimawari.service.admission.models import Alert

SALT = "mimawari.painted"
# Sent by the page: the log-in that it was made for.
HEADER = "X-Log-In"
View = TypeVar("View", bound="Callable[..., HttpResponseBase]")


class Painted(msgspec.Struct, frozen=True, array_like=True):
    """Which alert was shown to whom."""

    alert: int
    account: int
    log_in: str


def proof(request: HttpRequest, alert: Alert) -> str:
    """Sign that an alert is shown to who asks."""
    painted = Painted(alert.pk, request.user.pk or 0, log_in_of(request))
    return signing.dumps(msgspec.to_builtins(painted), salt=SALT)


def stranger(request: HttpRequest, alert: Alert) -> Refusal | None:
    """Say why a decision is not that of who sends it; None where it is."""
    try:
        painted = msgspec.convert(signing.loads(request.POST.get("proof", ""), salt=SALT), Painted)
    except (signing.BadSignature, msgspec.ValidationError):
        painted = None
    if painted is None or painted.alert != alert.pk:
        text = _("Nothing shows that you saw this item. Load the page again and decide it there.")
        return Refusal(Kind.UNPROVEN, text)
    if painted.account != request.user.pk:
        text = _("One decision of %(name)s is not saved. Log in as %(name)s to save it.")
        return Refusal(Kind.ACCOUNT, text % {"name": name_of(painted.account)})
    if painted.log_in != log_in_of(request) and request.POST.get("confirmed") != "1":
        text = _("It was made before you logged in again. Save it if it was you who made it.")
        return Refusal(Kind.LOG_IN, text)
    return None


def name_of(account: int) -> str:
    """Name an account that was shown something."""
    names = get_user_model().objects.filter(pk=account).values_list("username", flat=True)
    return names.first() or _("another account")


def only_its_log_in(view: View) -> View:
    """Answer 412 to a page that was made for another log-in than the one that asks now."""

    @functools.wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if _of_another(request):
            return HttpResponse(status=412)
        return view(request, *args, **kwargs)

    return checked  # type: ignore[return-value]  # wraps keeps what was declared on the view


def _of_another(request: HttpRequest) -> bool:
    return HEADER in request.headers and request.headers[HEADER] != log_in_of(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Tell a review page whose token is old whether its account is logged in; others as ever."""
    if HEADER in request.headers:
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        if _of_another(request):
            return HttpResponse(status=412)
    return csrf.csrf_failure(request, reason)
