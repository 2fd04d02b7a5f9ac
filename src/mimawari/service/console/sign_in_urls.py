"""Steps of signing in, and changes of second factors, under the names that allauth knows."""

from __future__ import annotations

from django.urls import path

from mimawari.service.accounts.guard import public
from mimawari.service.accounts.provider_claims import PROVIDER_ID
from mimawari.service.console import row_numbers  # noqa: F401  (its converter is used by name)
from mimawari.service.console.sign_in import account_page, provider_pages
from mimawari.service.console.sign_in import second_factor_pages as pages
from mimawari.service.console.sign_in.log_in_pages import LogIn, PasskeyLogIn, SecondFactor

own = pages.of_password_accounts
provider = {"provider_id": PROVIDER_ID}
urlpatterns = [
    path("login", public(LogIn.as_view()), name="account_login"),
    path("login/code", public(SecondFactor.as_view()), name="mfa_authenticate"),
    path("login/passkey", public(PasskeyLogIn.as_view()), name="mfa_login_webauthn"),
    path("login/provider", provider_pages.there, provider, name="openid_connect_login"),
    path("login/provider/back", provider_pages.back, provider, name="openid_connect_callback"),
    path("account", account_page.mine, name="mfa_index"),
    path("account/app", own(pages.AddApp.as_view()), name="mfa_activate_totp"),
    path("account/app/remove", own(pages.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("account/passkeys/add", own(pages.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "account/passkeys/<row:pk>/remove",
        own(pages.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
    ),
    path("account/codes", own(pages.Codes.as_view()), name="mfa_view_recovery_codes"),
    path("account/codes/new", own(pages.NewCodes.as_view()), name="mfa_generate_recovery_codes"),
    path("account/confirm", own(pages.Confirm.as_view()), name="account_reauthenticate"),
]
