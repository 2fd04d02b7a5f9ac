"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.releases"
    label = "releases"
    default_auto_field = "django.db.models.BigAutoField"
