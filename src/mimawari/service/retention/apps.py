"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Registers the app's model."""

    name = "mimawari.service.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"
