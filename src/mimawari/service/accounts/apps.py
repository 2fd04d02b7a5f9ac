"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
