"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class EdgeCasesConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.edge_cases"
    label = "edge_cases"
    default_auto_field = "django.db.models.BigAutoField"
