"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.media"
    label = "media"
    default_auto_field = "django.db.models.BigAutoField"
