"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"
