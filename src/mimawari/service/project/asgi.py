"""The whole service as one ASGI application: ``mimawari.service.project.asgi:application``."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

from mimawari.service import setup

setup()
_django = get_asgi_application()

from mimawari.service.edge.app import Edge  # noqa: E402  (its models need Django's set-up)

application = Edge().application(_django)
