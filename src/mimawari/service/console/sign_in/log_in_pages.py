"""Log in: the password, then the second factor; or a passkey alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.shortcuts import redirect

from mimawari.service.accounts import throttle
from mimawari.service.accounts.code_forms import SecondFactorForm
from mimawari.service.accounts.passkey_forms import (
    UNKNOWN,
    PasskeyLogInForm,
    SecondPasskeyForm,
)
from mimawari.service.accounts.provider_claims import provider_name
from mimawari.service.accounts.refusing import refusal
from mimawari.service.accounts.second_factor import factors_of
from mimawari.service.accounts.sign_in_events import Refused

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse


class LogIn(views.LoginView):
    """Django's page; who gave the right password goes on to the second factor, if any."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Begin the log-in that the password allows."""
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        credentials = {"username": user.get_username()}
        answer: HttpResponse = perform_password_login(self.request, credentials, login)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401  # as Django has it
        """Tell the page of the identity provider, too."""
        name = provider_name(settings.CONFIG.oidc_name, settings.CONFIG.oidc_issuer)
        return super().get_context_data(**kwargs, provider=name)


class SecondFactor(AuthenticateView):  # type: ignore[misc]  # it has no types
    """The second step: a code, or a passkey."""

    template_name = "accounts/second_factor.html"
    form_class = SecondFactorForm
    webauthn_form_class = SecondPasskeyForm

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Look at a code, unless too many were wrong."""
        user = self.stage.login.user
        if not user.is_active:  # disabled since the password
            return refusal(request, Refused.DISABLED, user.get_username())
        if not throttle.is_open(request, user.get_username()):
            return redirect("accounts:login")  # the throttle's own page is answered instead
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_invalid(self, form: Form) -> HttpResponse:
        """Count it as a wrong password is counted."""
        name = self.stage.login.user.get_username()
        throttle.count_failure(self.request, Refused.CODE, name)
        answer: HttpResponse = super().form_invalid(form)
        return answer

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Tell the page which ways there are."""
        factors = factors_of(self.stage.login.user)
        return {**super().get_context_data(**kwargs), "factors": factors}


class PasskeyLogIn(LoginWebAuthnView):  # type: ignore[misc]  # it has no types
    """A passkey alone: it is two factors already, the device and who unlocks it."""

    form_class = PasskeyLogInForm

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Look at an answer, unless too many from the address were wrong."""
        if not throttle.is_open(request):
            return redirect("accounts:login")  # the throttle's own page is answered instead
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_invalid(self, form: Form) -> HttpResponse:
        """Count it for the address: whose it claims to be says nothing."""
        throttle.count_failure(self.request, Refused.PASSKEY)
        messages.error(self.request, UNKNOWN)
        return redirect("accounts:login")
