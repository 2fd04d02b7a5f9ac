"""Sign in by the identity provider: there, and back."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from mimawari.service.accounts.adapters import ProviderClient
from mimawari.service.accounts.guard import public
from mimawari.service.accounts.provider_claims import PROVIDER_ID
from mimawari.service.accounts.refusing import refusal
from mimawari.service.accounts.sign_in_events import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
# What goes wrong where it does not answer, or answers what it should not.
FAILURES = (RequestException, OAuth2Error, AttributeError, KeyError, TypeError, ValueError)


@public
@require_POST
def there(request: HttpRequest, provider_id: str = PROVIDER_ID) -> HttpResponse:
    """Send the browser to the provider.

    By a page that goes on, not by a redirect: `form-action` of the page's policy would have to
    name every host that the provider redirects to.
    """
    try:
        provider = get_adapter(request).get_provider(request, provider=provider_id)
        nonce = secrets.token_urlsafe(16)
        asked = {**provider.get_auth_params(), "nonce": nonce}
        onward = provider.redirect(
            request, process="login", next_url=_next(request), auth_params=asked, nonce=nonce
        )
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except FAILURES as error:
        return _failed(request, error, 502)
    return render(request, "accounts/onward.html", {"onward": onward["Location"]})


@public
@require_GET
def back(request: HttpRequest, provider_id: str = PROVIDER_ID) -> HttpResponse:
    """Take what the provider answers; a state counts once."""
    if not settings.CONFIG.oidc_issuer:
        raise Http404
    try:
        view = OAuth2CallbackView.adapter_view(ProviderClient(request, provider_id))
        answer: HttpResponse = view(request)
    except FAILURES as error:
        return _failed(request, error, 403)
    return answer


def _failed(request: HttpRequest, error: Exception, status: int) -> HttpResponse:
    logger.warning("Sign-in by the identity provider failed: %r", error)
    return refusal(request, Refused.PROVIDER, "", status)


def _next(request: HttpRequest) -> str | None:
    """Give where to go afterwards, on this host alone."""
    wanted = request.POST.get("next", "")
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wanted, hosts, require_https=request.is_secure())
    return wanted if safe else None
