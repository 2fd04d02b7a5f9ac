"""What allauth does otherwise than by default; settings name these classes."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mimawari.service.accounts import sealed_text, second_factor
from mimawari.service.accounts.client_address import client_address
from mimawari.service.accounts.provider_accounts import Denied, admit
from mimawari.service.accounts.provider_claims import Claims, read_claims
from mimawari.service.accounts.refusing import refusal
from mimawari.service.accounts.sign_in_events import Refused

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"
WRONG = gettext_lazy("This code is wrong, or was used already. Wait for the next one.")


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    """No sign-up, no e-mail; texts and addresses of our own."""

    error_messages = {  # noqa: RUF012  # as allauth declares it
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": gettext_lazy("This password is wrong."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; the backend is that of all sessions, whichever way somebody came."""
        login(request, user, backend=BACKEND)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Say that the account is disabled."""
        return refusal(request, Refused.DISABLED, user.username)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Give the address as trusted proxies tell it."""
        return client_address(request) or ""

    def get_login_stages(self) -> list[str]:
        """Name what comes after the password: the second factor."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def add_message(self, *_: object, **__: object) -> None:
        """Pages say themselves what was done."""

    def send_notification_mail(self, *_: object, **__: object) -> None:
        """Nobody is written to: the ledger and the account's page tell."""


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # it has no types
    """Secrets are kept sealed, pictures drawn here."""

    error_messages = {  # noqa: RUF012  # as allauth declares it
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG,
        "cannot_delete_authenticator": gettext_lazy(
            "Your role requires a second factor. Add another one first."
        ),
        "cannot_generate_recovery_codes": gettext_lazy("Add a second factor first."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return sealed_text.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret."""
        return sealed_text.opened(encrypted_text)

    def get_totp_issuer(self) -> str:
        """Give the name under which an app lists the account."""
        return f"mimawari {self._get_site_name()}"

    def build_totp_svg(self, url: str) -> str:
        """Draw a QR code as a bare element: the page's policy lets no address of data through."""
        import qrcode
        from qrcode.image.svg import SvgPathImage

        drawn = qrcode.make(url, image_factory=SvgPathImage, border=2)
        return str(drawn.to_string(encoding="unicode"))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last second factor of whom the settings require one of."""
        others = second_factor.factors_of(authenticator.user)
        left = len(others.passkeys) + (others.app is not None)
        return left > 1 or not second_factor.is_required(authenticator.user)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Propose a name for a passkey."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}


class Provider(DefaultSocialAccountAdapter):  # type: ignore[misc]  # it has no types
    """Whoever has a mapped group is let in; nothing else that the provider tells is kept."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Accounts are made by `pre_social_login` alone."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find, make or refuse the account."""
        claims: Claims = sociallogin.claims
        expected = str(sociallogin.state.get("nonce", ""))
        if not expected or not secrets.compare_digest(expected.encode(), claims.nonce.encode()):
            logger.warning("Sign-in by the identity provider failed: another browser's answer")
            raise ImmediateHttpResponse(refusal(request, Refused.PROVIDER, ""))
        with transaction.atomic():
            admitted = admit(claims)
        if isinstance(admitted, Denied):
            raise ImmediateHttpResponse(refusal(request, admitted.why, admitted.account))
        sociallogin.user = admitted

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: object,
        error: object = None,
        exception: Exception | None = None,
        extra_context: object = None,
    ) -> None:
        """Say that it did not work, whatever the reason; the log says more."""
        logger.warning("Sign-in by the identity provider failed: %s %s", error, exception or "")
        raise ImmediateHttpResponse(refusal(request, Refused.PROVIDER, ""))


class ProviderClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # it has no types
    """Reads what the provider tells, and lets nothing of it be stored but the subject."""

    def complete_login(self, *args: object, **kwargs: object) -> SocialLogin:
        """Give the log-in, with what was claimed beside it."""
        login = super().complete_login(*args, **kwargs)
        answers, login.account.extra_data = login.account.extra_data, {}
        names = (settings.CONFIG.oidc_name_claim, settings.CONFIG.oidc_groups_claim)
        userinfo, id_token = answers.get("userinfo") or {}, answers.get("id_token") or {}
        login.claims = read_claims(userinfo, id_token, *names)
        return login
