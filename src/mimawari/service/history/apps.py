"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Registers the app's model."""

    name = "mimawari.service.history"
    label = "history"
    default_auto_field = "django.db.models.BigAutoField"
