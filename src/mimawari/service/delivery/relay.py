"""The relay: reads the ledger on, sends what is due, and writes down what came of it.

Any number of them run, on any host. One that is killed loses nothing: what it had under way is
due again when its lease runs out, so an event may arrive twice, under the same identifier.
"""

from __future__ import annotations

import logging
import secrets
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from mimawari.records.outgoing import encoded
from mimawari.service.delivery.endpoints import MOST_ENDPOINTS
from mimawari.service.delivery.leasing import (
    PARALLEL,
    Leased,
    free_those_of_the_ended,
    lease,
)
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.schedule import AWAY_AFTER
from mimawari.service.delivery.sealed_events import sealed_size
from mimawari.service.delivery.sender import SECONDS, Attempt, Sender
from mimawari.service.delivery.settling import settle
from mimawari.service.delivery.spreading import spread
from mimawari.service.platform.metrics import DELIVERIES
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

logger = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
"""Between two looks for what relays had under way that were killed."""


class Relay(WorkLoop):
    """Delivers to every endpoint that is active.

    Each endpoint has threads of its own while it needs them (they are made when they are), so
    that one that is slow never holds up another.
    """

    trouble = "events could not be delivered; they wait"

    def __init__(self, sender: Sender | None = None) -> None:
        super().__init__(idle_seconds=0.2)
        self._sender = sender or Sender()
        self._draw = secrets.SystemRandom().random
        self._pool = ThreadPoolExecutor(MOST_ENDPOINTS * PARALLEL, thread_name_prefix="relay")
        self._running: dict[Future[Attempt], Leased] = {}
        self._look_at = 0.0

    def turn(self, wait_seconds: float = 0.05) -> bool:
        """Begin what is due and write down what has come; False where there is nothing to do."""
        endpoints = list(Endpoint.objects.filter(active=True).order_by("pk"))
        self.notice = _failing(endpoints)
        if self._look_at <= time.monotonic():
            self._look_at = time.monotonic() + LOOK_SECONDS
            free_those_of_the_ended()
        spread_out = spread(endpoints, sealed_size()) if endpoints else 0
        for leased in lease(endpoints):
            self._running[self._pool.submit(self._send, leased)] = leased
        # What was settled may be what another one waited for.
        return bool(self._settle(wait_seconds) or spread_out or self._running)

    def ended(self) -> None:
        """Write down what is under way, so that it need not be sent again."""
        while self._running:
            self._settle(SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, leased: Leased) -> Attempt:
        if leased.outgoing is None:
            return Attempt(0.0)
        event = leased.outgoing.event
        return self._sender.send(leased.url, event.id, encoded(event), leased.secrets)

    def _settle(self, wait_seconds: float) -> int:
        done = wait(self._running, wait_seconds, FIRST_COMPLETED).done if self._running else ()
        # Taken off first: where writing fails the leases run out, and they are due again.
        outcomes = [(self._running.pop(future), _outcome(future)) for future in done]
        if outcomes:
            settle(outcomes, self._draw)
            _count(outcomes)
        return len(outcomes)


def _outcome(future: Future[Attempt]) -> Attempt:
    try:
        return future.result()
    except Exception as error:  # whatever one answer provokes must not stop the others
        logger.exception("an event could not be sent")
        return Attempt(0.0, problem=f"{type(error).__name__}: {error}"[:500])


def _count(outcomes: Iterable[tuple[Leased, Attempt]]) -> None:
    for _, attempt in outcomes:
        DELIVERIES.labels("delivered" if attempt.delivered else "failed").inc()


def _failing(endpoints: Sequence[Endpoint]) -> str:
    """Name the endpoints that keep failing, for those who look at the processes."""
    failing = [str(endpoint.pk) for endpoint in endpoints if endpoint.failures >= AWAY_AFTER]
    return f"endpoints that keep failing: {', '.join(failing)}" if failing else ""
