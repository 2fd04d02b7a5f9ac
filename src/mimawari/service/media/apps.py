"""Django's description of this app."""

from __future__ import annotations

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Registers the app's models."""

    name = "mimawari.service.media"
    label = "media"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Note the pictures of every version that comes in."""
        from mimawari.service.intake.arrivals import on_arrival
        from mimawari.service.media.new_versions import note_pictures

        on_arrival(note_pictures)
