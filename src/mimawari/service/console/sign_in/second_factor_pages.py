"""Add and remove second factors of one's own account; allauth's views, our pages and events."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.account.decorators import reauthentication_required
from allauth.account.views import ReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from mimawari.service.accounts.code_forms import ConfirmForm, EnrolAppForm
from mimawari.service.accounts.guard import account_in, needs
from mimawari.service.accounts.passkey_forms import AddPasskeyForm
from mimawari.service.accounts.permissions import Permission
from mimawari.service.accounts.sign_in_events import (
    FACTOR_ADDED,
    FACTOR_REMOVED,
    record_factor,
)

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

Page = Callable[..., HttpResponseBase]
MINE = reverse_lazy("accounts:mine")


def of_password_accounts(page: Page) -> Page:
    """Let in accounts with a password: others sign in elsewhere, with what is asked for there."""

    @needs(Permission.CONSOLE, to_enrol=True)
    @functools.wraps(page)
    def shown(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not account_in(request).has_usable_password():
            return redirect(MINE)
        return page(request, *args, **kwargs)

    return shown


class Recorded:
    """A change and its event are one transaction."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Change, and tell the ledger."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            self.tell(form)
        return answer

    def tell(self, form: Form) -> None:
        """Write the event."""
        raise NotImplementedError


class AddApp(Recorded, ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Show a secret as a QR code; the first code from the app adds it."""

    template_name = "accounts/app.html"
    form_class = EnrolAppForm

    def tell(self, _form: Form) -> None:
        """Say that it was added, and recovery codes with the first factor."""
        record_factor(FACTOR_ADDED, self.request.user, Authenticator.Type.TOTP)
        _tell_codes(self)


class RemoveApp(Recorded, DeactivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Ask once more, then remove it."""

    template_name = "accounts/remove.html"
    success_url = MINE

    def tell(self, _form: Form) -> None:
        """Say that it is removed."""
        record_factor(FACTOR_REMOVED, self.request.user, Authenticator.Type.TOTP)
        messages.success(self.request, _("The app is removed."))


class AddPasskey(Recorded, AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Have the browser make a passkey, which signs in alone, too."""

    template_name = "accounts/passkey.html"
    form_class = AddPasskeyForm

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Ask for one that the device finds by itself and that its owner unlocks."""
        shown: dict[str, Any] = super().get_context_data(**kwargs)
        shown["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}
        return shown

    def tell(self, form: Form) -> None:
        """Say that it was added, and recovery codes with the first factor."""
        kind = Authenticator.Type.WEBAUTHN
        record_factor(FACTOR_ADDED, self.request.user, kind, form.cleaned_data["name"])
        _tell_codes(self)


class RemovePasskey(Recorded, RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Ask once more, then remove it."""

    template_name = "accounts/remove.html"
    success_url = MINE

    def form_valid(self, form: Form) -> HttpResponse:
        """Keep the last one where one is required."""
        self.name = self.object.wrap().name
        if not get_adapter().can_delete_authenticator(self.object):
            messages.error(
                self.request, get_adapter().error_messages["cannot_delete_authenticator"]
            )
            return redirect(MINE)
        return super().form_valid(form)

    def tell(self, _form: Form) -> None:
        """Say that it is removed."""
        kind = Authenticator.Type.WEBAUTHN
        record_factor(FACTOR_REMOVED, self.request.user, kind, self.name)
        messages.success(self.request, _("The passkey is removed."))


class NewCodes(Recorded, GenerateRecoveryCodesView):  # type: ignore[misc]  # no types
    """Replace the recovery codes."""

    template_name = "accounts/new_codes.html"

    def tell(self, _form: Form) -> None:
        """Say that there are new ones."""
        record_factor(FACTOR_ADDED, self.request.user, Authenticator.Type.RECOVERY_CODES)


@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class Codes(ViewRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """Show the recovery codes that were not used, to be kept on paper."""

    template_name = "accounts/codes.html"


class Confirm(ReauthenticateView):  # type: ignore[misc]  # allauth has no types
    """Ask for the password again; wrong ones count as at the log-in."""

    template_name = "accounts/confirm.html"
    form_class = ConfirmForm


def _tell_codes(page: AddApp | AddPasskey) -> None:
    if page.did_generate_recovery_codes:
        record_factor(FACTOR_ADDED, page.request.user, Authenticator.Type.RECOVERY_CODES)
