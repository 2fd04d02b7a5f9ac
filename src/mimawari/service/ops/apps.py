"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.ops"
    label = "ops"
    default_auto_field = "django.db.models.BigAutoField"
