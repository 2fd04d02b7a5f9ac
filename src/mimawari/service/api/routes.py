"""The hot routes: intake of one or many listings, synchronous check, history, health."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from django.db.utils import Error as DatabaseError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Mount, Route

from mimawari.errors import InvalidInputError
from mimawari.listings.validation import parse_listing
from mimawari.service.api import openapi
from mimawari.service.api.access import guarded
from mimawari.service.api.answers import answer, plain, refuse, slow_down, storage_failed
from mimawari.service.api.batch import answer_lines
from mimawari.service.api.bodies import TooLargeError, body_of, too_large
from mimawari.service.api.check import check_listing
from mimawari.service.api.health import tell
from mimawari.service.api.reviews import ReviewRoutes
from mimawari.service.api.store import connected
from mimawari.service.api.trials import PlanRoute, backtest_routes, experiment_routes
from mimawari.service.intake import log
from mimawari.service.intake.writer import FullError
from mimawari.service.platform.metrics import CHECKS, LISTINGS, exposition
from mimawari.service.review.listing_history import Chain, chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from mimawari.service.api.app import Edge

HEALTH_SECONDS = 3.0


class Routes:
    """The handlers, bound to one `Edge` (writer, keys, suite)."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    async def submit(self, request: Request) -> Response:
        """Take one listing version; 202 once it is durable."""
        try:
            listing = parse_listing(await body_of(request))
            status = (await self.edge.writer.append([listing]))[0]
        except TooLargeError:
            return too_large()
        except InvalidInputError as error:
            LISTINGS.labels("rejected").inc()
            return answer({"problems": plain(error.problems)}, 422)
        except FullError:
            return slow_down()
        except (DatabaseError, OSError) as error:
            return storage_failed(error)
        LISTINGS.labels(status).inc()
        if status == log.CONFLICT:
            return refuse(
                409, "version", f"{listing.version} is known with other content",
                "send an edit under a greater version",
            )  # fmt: skip
        said = {"listing_id": listing.id, "version": listing.version, "status": status}
        return answer(said, 202)

    async def submit_many(self, request: Request) -> Response:
        """Take listings line by line (NDJSON), answering each line once it is durable."""
        # Answered at the end: clients send their whole body before they read, so answers sent
        # meanwhile would fill the connection and stop both sides. What is answered is durable;
        # a client that lost the answer repeats the request, which is harmless.
        answers = [one async for one in answer_lines(request.stream(), self.edge.writer)]
        return Response(b"".join(answers), media_type="application/x-ndjson")

    async def check(self, request: Request) -> Response:
        """Score a listing now, without keeping it."""
        try:
            listing = parse_listing(await body_of(request))
        except TooLargeError:
            return too_large()
        except InvalidInputError as error:
            return answer({"problems": plain(error.problems)}, 422)
        suite = self.edge.suites.suite
        if suite is None:
            return refuse(
                503, "topics", "none is in force here yet",
                "mimawari topics install-starter; where one is, mimawari check says what is wrong",
            )  # fmt: skip
        topics = request.state.holder.authority.topics
        with CHECKS.time():
            return answer(await run_in_threadpool(check_listing, suite, listing, topics))

    async def history(self, request: Request) -> Response:
        """Give all that happened to a listing."""
        listing_id = request.path_params["listing_id"]
        try:
            told = await run_in_threadpool(_chain, listing_id)
        except DatabaseError as error:
            return storage_failed(error)
        if told is None:
            return refuse(404, "id", f"{listing_id[:80]!r} is unknown", "check the identifier")
        return answer(told)

    async def health(self, request: Request) -> Response:
        """Say whether the store answers, how much waits, and which roles run."""
        try:
            work = run_in_threadpool(tell, self.edge.suites.suite, self.edge.needed())
            return answer(await asyncio.wait_for(work, HEALTH_SECONDS))
        except (DatabaseError, TimeoutError) as error:
            return storage_failed(error)

    async def metrics(self, request: Request) -> Response:
        """Give the metrics in Prometheus' format."""
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    async def schema(self, request: Request) -> Response:
        """Give the OpenAPI description."""
        return answer(openapi.document())

    async def docs(self, request: Request) -> Response:
        """Give the API's description as a page."""
        policy = "default-src 'none'; style-src 'self'"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return Response(openapi.page(), headers=headers, media_type="text/html")

    def table(self) -> list[BaseRoute]:
        """Give the routes; what else begins with /api is refused here, not by Django."""
        api: list[BaseRoute] = [
            Route("/v1/listings", self.submit, methods=["POST"]),
            Route("/v1/listings:batch", self.submit_many, methods=["POST"]),
            Route("/v1/check", self.check, methods=["POST"]),
            Route("/v1/listings/{listing_id:path}", self.history, methods=["GET"]),
            *ReviewRoutes(self.edge.keys).table(),
            *backtest_routes(self.edge.keys).table(),
            *experiment_routes(self.edge.keys).table(),
            *PlanRoute(self.edge.keys).table(),
            Route("/v1/openapi.json", self.schema),
            Route("/docs", self.docs),
        ]
        own: list[BaseRoute] = [Route("/health", self.health), Route("/metrics", self.metrics)]
        return [Mount("/api", routes=self._guarded(api, "/api")), *self._guarded(own, "")]

    def _guarded(self, routes: Iterable[BaseRoute], prefix: str) -> list[BaseRoute]:
        return [guarded(one, prefix, self.edge.keys) for one in routes if isinstance(one, Route)]


def _chain(listing_id: str) -> Chain | None:
    if "\x00" in listing_id:  # no listing has one, and PostgreSQL takes none in a query
        return None
    with connected():
        return chain(listing_id)
