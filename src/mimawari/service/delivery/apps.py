"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"
