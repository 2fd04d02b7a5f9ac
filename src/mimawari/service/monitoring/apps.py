"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.monitoring"
    label = "monitoring"
    default_auto_field = "django.db.models.BigAutoField"
