"""What anybody may ask: health and metrics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from mimawari.service.api import tags
from mimawari.service.api.answers import storage_failed
from mimawari.service.api.bodies import NO_BODY
from mimawari.service.api.examples import system as examples
from mimawari.service.api.health import Health, tell
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation
from mimawari.service.api.store_watch import AwayError
from mimawari.service.platform.metrics import exposition

if TYPE_CHECKING:
    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.operation import Call, NoParameters

HEALTH_SECONDS = 3.0


@Operation(
    method="GET",
    path="/health",
    id="getHealth",
    tag=tags.SYSTEM,
    summary="Whether the store answers, how much waits, and which roles run.",
    permission=None,
    parameters=NO_PARAMETERS,
    body=NO_BODY,
    answers=(Answer(200, "The state of the installation", Health, examples.HEALTH),),
    refusals={503: "The store does not answer within three seconds"},
)
async def health(call: Call[NoParameters, Nothing]) -> Health | Response:
    """Say whether the store answers, how much waits, and which roles run."""
    try:
        with call.edge.store.guarded():
            async with asyncio.timeout(HEALTH_SECONDS):
                suite, needed = call.edge.suites.suite, call.edge.needed()
                return await run_in_threadpool(tell, suite, needed)
    except (TimeoutError, AwayError) as error:
        return storage_failed(error)


@Operation(
    method="GET",
    path="/metrics",
    id="getMetrics",
    tag=tags.SYSTEM,
    summary="The metrics, in Prometheus' text format.",
    permission=None,
    parameters=NO_PARAMETERS,
    body=NO_BODY,
    answers=(Answer(200, "The metrics", str, examples.METRICS, "text/plain"),),
)
async def metrics(_call: Call[NoParameters, Nothing]) -> Response:
    """Give the metrics in Prometheus' format."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


ENDPOINTS = (health, metrics)
