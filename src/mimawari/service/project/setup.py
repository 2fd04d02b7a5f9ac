"""Set Django up, once a process."""

from __future__ import annotations

import os


def setup() -> None:
    """Configure Django and the readings from the settings of the environment (safe to repeat)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mimawari.service.project.settings")
    import django

    django.setup()
    from django.conf import settings

    from mimawari.service.project.config import apply_kinds, apply_readings

    apply_readings(settings.CONFIG)
    apply_kinds(settings.CONFIG)
