"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"
