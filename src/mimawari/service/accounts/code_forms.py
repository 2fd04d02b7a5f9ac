"""Forms of second factors: a code counts once, too many wrong ones lock."""

from __future__ import annotations

from allauth.account.forms import ReauthenticateForm
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mimawari.service.accounts import code_uses, sealed_text
from mimawari.service.accounts.adapters import WRONG
from mimawari.service.accounts.models import CodeUse

LOCKED = _("Too many codes were wrong. Wait an hour, or use a passkey.")
LABEL = _("Code of the app, or a recovery code")


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]  # it has no types
    """A code of the app or a recovery code, looked at by one request at a time."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = LABEL
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "autofocus": True}

    def clean_code(self) -> str:
        """Refuse a code that is wrong, was used, or comes after too many wrong ones."""
        problem = None
        with transaction.atomic():  # a failure is kept, so that nothing is raised within
            uses = code_uses.locked(self.user)
            if code_uses.exhausted(uses):
                problem = ValidationError(LOCKED)
            else:
                try:
                    super().clean_code()
                    problem = self._used_before(uses)
                except ValidationError as error:
                    problem = error
                if problem is not None:
                    code_uses.failed(uses)
        if problem is not None:
            raise problem
        return str(self.cleaned_data["code"])

    def _used_before(self, uses: CodeUse) -> ValidationError | None:
        if self.authenticator.type != Authenticator.Type.TOTP:
            return None  # a recovery code is crossed out as it is used
        secret = self.authenticator.data["secret"]
        step = step_of(sealed_text.opened(secret), self.cleaned_data["code"])
        if step is not None and code_uses.use_step(uses, step):
            return None
        return ValidationError(WRONG)


class ConfirmForm(ReauthenticateForm):  # type: ignore[misc]  # it has no types
    """The password, once more before second factors are changed; wrong ones count as ever."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.label, field.help_text = _("Password"), ""
        field.widget.attrs = {"autocomplete": "current-password"}


class EnrolAppForm(ActivateTOTPForm):  # type: ignore[misc]  # it has no types
    """The first code of an app; it does not sign in afterwards."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code that the app shows")
        self.fields["code"].widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
        }

    def clean_code(self) -> str:
        """Refuse a wrong code; use up the right one."""
        code = str(super().clean_code())
        step = step_of(self.secret, code)
        with transaction.atomic():
            if step is not None:
                code_uses.use_step(code_uses.locked(self.user), step)
        return code


def step_of(secret: str, code: str) -> int | None:
    """Give the time step whose code this is, of those that count now."""
    for counter in auth.yield_hotp_counters_from_time():
        expected = auth.format_hotp_value(auth.hotp_value(secret, counter))
        if compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None
