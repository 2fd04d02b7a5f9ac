"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"
