"""Every endpoint of the edge, and the two that describe them all."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Mount

from mimawari.service.api import (
    actions,
    alarms,
    backtests,
    data_sets,
    decisions,
    endings,
    events,
    experiments,
    listings,
    models,
    plan,
    probabilities,
    reviews,
    search,
    system,
    tags,
    topic_versions,
    webhooks,
)
from mimawari.service.api.bodies import NO_BODY
from mimawari.service.api.docs_page import render
from mimawari.service.api.openapi import Document, describe, excerpt
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation
from mimawari.service.api.serving import route

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.edge import Edge
    from mimawari.service.api.operation import Call, NoParameters

API = "/api"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'",
    "X-Content-Type-Options": "nosniff",
}


@Operation(
    method="GET",
    path="/api/v1/openapi.json",
    id="getOpenApi",
    tag=tags.SYSTEM,
    summary="The OpenAPI 3.1 document of this API.",
    permission=None,
    parameters=NO_PARAMETERS,
    body=NO_BODY,
    answers=(Answer(200, "The document", Document, excerpt()),),
)
async def schema(_call: Call[NoParameters, Nothing]) -> Document:
    """Give the OpenAPI description."""
    return document()


@Operation(
    method="GET",
    path="/api/docs",
    id="getDocs",
    tag=tags.SYSTEM,
    summary="This API as a page, made from the same declarations.",
    permission=None,
    parameters=NO_PARAMETERS,
    body=NO_BODY,
    answers=(Answer(200, "The page", str, "<!doctype html>\n<h1>API</h1>", "text/html"),),
)
async def docs(_call: Call[NoParameters, Nothing]) -> Response:
    """Give the API's description as a page."""
    return Response(page(), headers=PAGE_HEADERS, media_type="text/html")


ENDPOINTS = (
    *listings.ENDPOINTS,
    *endings.ENDPOINTS,
    *search.ENDPOINTS,
    *reviews.ENDPOINTS,
    *decisions.ENDPOINTS,
    *actions.ENDPOINTS,
    *backtests.ENDPOINTS,
    *experiments.ENDPOINTS,
    *plan.ENDPOINTS,
    *models.ENDPOINTS,
    *topic_versions.ENDPOINTS,
    *data_sets.ENDPOINTS,
    *events.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *probabilities.ENDPOINTS,
    *alarms.ENDPOINTS,
    *system.ENDPOINTS,
    schema,
    docs,
)
OPERATIONS = tuple(endpoint.operation for endpoint in ENDPOINTS)


@functools.cache
def document() -> Document:
    """Give the OpenAPI document."""
    return describe(OPERATIONS)


@functools.cache
def page() -> str:
    """Give the page."""
    return render(OPERATIONS)


def table(edge: Edge) -> list[BaseRoute]:
    """Give the routes; what else begins with /api is refused here, not by Django."""
    api: list[BaseRoute] = []
    others: list[BaseRoute] = []
    for endpoint in ENDPOINTS:
        if endpoint.operation.path.startswith(f"{API}/"):
            api.append(route(endpoint, edge, API))
        else:
            others.append(route(endpoint, edge))
    return [Mount(API, routes=api), *others]
