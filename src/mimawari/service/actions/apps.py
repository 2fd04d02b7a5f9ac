"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"
