"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class ScoringConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.scoring"
    label = "scoring"
    default_auto_field = "django.db.models.BigAutoField"
