"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class AdmissionConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.admission"
    label = "admission"
    default_auto_field = "django.db.models.BigAutoField"
