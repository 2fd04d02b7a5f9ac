"""Forms that take what a browser made of a passkey: hostile until it is verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator

MOST = 20_000
"""Characters of an answer; those with an attestation take a few thousand."""
UNKNOWN = _("This passkey is not known here. Use your password.")
# What reading nested, cut or exchanged bytes ends in.
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Credential(forms.JSONField):
    """An answer as JSON: short, and of the characters that browsers write it in."""

    widget = forms.HiddenInput

    def to_python(self, value: object) -> Any:  # noqa: ANN401  # as Django has it
        """Read it."""
        text = value if isinstance(value, str) else ""
        if len(text) > MOST or not text.isascii() or "\\u" in text:
            raise ValidationError(UNKNOWN)
        with _read_as_unknown():
            read = super().to_python(value)
        if not isinstance(read, dict):
            raise ValidationError(UNKNOWN)
        return read


class SecondPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # it has no types
    """A passkey after the password."""

    credential = Credential()

    def clean_credential(self) -> Authenticator:
        """Verify it."""
        with _read_as_unknown():
            return super().clean_credential()


class PasskeyLogInForm(LoginWebAuthnForm):  # type: ignore[misc]  # it has no types
    """A passkey alone."""

    credential = Credential()

    def clean_credential(self) -> Authenticator:
        """Verify it."""
        with _read_as_unknown():
            return super().clean_credential()


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # it has no types
    """A new passkey, and what its owner calls it."""

    name = forms.CharField(required=False, max_length=60)
    credential = Credential()

    def clean(self) -> dict[str, Any]:
        """Verify it."""
        with _read_as_unknown():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


@contextmanager
def _read_as_unknown() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise ValidationError(UNKNOWN) from error
