"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name every log-in as it begins, and tell the ledger once all its steps are passed."""
        from allauth.account import signals

        from mimawari.service.accounts.log_in import begin
        from mimawari.service.accounts.signed_in import passed

        user_logged_in.connect(begin, dispatch_uid="log_in")
        signals.user_logged_in.connect(passed, dispatch_uid="signed_in")
