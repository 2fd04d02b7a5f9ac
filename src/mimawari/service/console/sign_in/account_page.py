"""My account: second factors, and where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mimawari.service.accounts import open_sessions, second_factor
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import account_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.accounts.provider_claims import provider_name

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.CONSOLE, to_enrol=True)
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show both."""
    user, config = account_in(request), settings.CONFIG
    shown = {
        "factors": second_factor.factors_of(user),
        "lacking": second_factor.is_lacking(request),
        "linked": SocialAccount.objects.filter(user_id=user.pk).exists(),
        "provider": provider_name(config.oidc_name, config.oidc_issuer),
        "sessions": open_sessions.listed(request, user),
    }
    return render(request, "accounts/mine.html", shown)


@needs(Permission.CONSOLE, to_enrol=True)
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out one session of the account, or all of them."""
    user = account_in(request)
    if request.POST.get("which") == "all":
        ended = open_sessions.end_everywhere(user, principal_of(user))
        logout(request)
        text = ngettext(
            "You are logged out of %(count)s session.",
            "You are logged out of %(count)s sessions.",
            ended,
        )
        messages.success(request, text % {"count": ended})
        return redirect("accounts:login")
    number = request.POST.get("session", "")
    done = number.isdecimal() and len(number) < 19 and open_sessions.end(user, int(number))
    text = _("That session is logged out.") if done else _("That session was over already.")
    messages.success(request, text)
    return redirect("accounts:mine")
