"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class GuardsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.guards"
    label = "guards"
    default_auto_field = "django.db.models.BigAutoField"
