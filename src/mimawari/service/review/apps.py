"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.review"
    label = "review"
    default_auto_field = "django.db.models.BigAutoField"
