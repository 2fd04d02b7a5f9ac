"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.flows"
    label = "flows"
    default_auto_field = "django.db.models.BigAutoField"
