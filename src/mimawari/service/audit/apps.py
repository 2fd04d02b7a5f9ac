"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AuditConfig(AppConfig):
    """Registers the app's models, and the kinds of event that every app declares."""

    name = "mimawari.service.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every app's ``event_kinds``: the verification must know them all."""
        autodiscover_modules("event_kinds")
