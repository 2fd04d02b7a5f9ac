"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.alarms"
    label = "alarms"
    default_auto_field = "django.db.models.BigAutoField"
