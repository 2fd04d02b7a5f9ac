"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"
