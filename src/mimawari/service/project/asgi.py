"""The edge as one ASGI application: ``mimawari.service.project.asgi:application``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.core.asgi import get_asgi_application

from mimawari.service.project.setup import setup

if TYPE_CHECKING:
    from starlette.types import ASGIApp

setup()
_django = cast("ASGIApp", get_asgi_application())

from mimawari.service.api import app  # noqa: E402  (its models need Django's set-up)
from mimawari.service.api.edge import Edge  # noqa: E402
from mimawari.service.project.roles import needed  # noqa: E402

application = app.application(Edge(needed), _django)
