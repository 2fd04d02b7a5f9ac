"""The service: edge, Django project, workers, console."""

from __future__ import annotations

import os


def setup() -> None:
    """Configure Django from the settings of the environment (safe to call again)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mimawari.service.project.settings")
    import django

    django.setup()
