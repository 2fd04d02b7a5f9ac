"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"
