"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.trials"
    label = "trials"
    default_auto_field = "django.db.models.BigAutoField"
