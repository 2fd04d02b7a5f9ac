"""Django's registration."""

from __future__ import annotations

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Role processes and leases."""

    name = "mimawari.service.platform"
    label = "platform"
