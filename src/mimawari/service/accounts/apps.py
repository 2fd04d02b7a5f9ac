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
        """Name every log-in as it begins."""
        from mimawari.service.accounts.log_in import begin

        user_logged_in.connect(begin, dispatch_uid="log_in")
