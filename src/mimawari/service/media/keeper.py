"""The keeper: fetches the pictures of new listing versions beside the worker that scores them."""

from __future__ import annotations

import ipaddress
import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import close_old_connections, connection

from mimawari.listings.media.fetch import Fetcher
from mimawari.service.edge.metrics import PICTURES
from mimawari.service.media.alike import known_pictures
from mimawari.service.media.kept import store
from mimawari.service.media.leases import BROKEN_OFF, settle
from mimawari.service.media.lines import Lines
from mimawari.service.media.origins import keeps_pictures
from mimawari.service.media.trying import Kept, NotKept, keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.service.media.lines import Line
    from mimawari.service.media.models import Snapshot

logger = logging.getLogger(__name__)
THREADS = 8  # which mostly wait for other servers; no origin gets more than half


class Keeper:
    """Leases due snapshots, fetches several at a time, and settles each.

    Parameters
    ----------
    on_settled
        Called whenever pictures became final (wakes the worker).
    fetcher
        By default one that reaches public addresses and the networks of the settings.
    """

    def __init__(
        self, on_settled: Callable[[], object] = lambda: None, fetcher: Fetcher | None = None
    ) -> None:
        self._on_settled = on_settled
        self._fetcher = fetcher
        self._stop = threading.Event()
        self.wake = threading.Event()
        self._lines = Lines(settings.CONFIG.image_origins)
        self._running: dict[Future[Kept | NotKept], tuple[Line, Snapshot]] = {}

    def run(self, idle_seconds: float = 1.0) -> None:
        """Work until stopped; `wake` cuts the waiting short when listings arrive."""
        if not keeps_pictures():
            return
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="keeper")
        while not self._stop.is_set():
            try:
                close_old_connections()
                if not known_pictures:  # read once ahead, so that no moderator waits for it
                    known_pictures.refresh()
                busy = self.turn(pool)
            except Exception:
                logger.exception("pictures could not be dealt with; they are tried again")
                busy = False
            if not busy:
                self.wake.wait(idle_seconds)
                self.wake.clear()
        pool.shutdown(wait=False, cancel_futures=True)  # their leases run out
        connection.close()

    def turn(self, pool: ThreadPoolExecutor, wait_seconds: float = 0.2) -> bool:
        """Begin what is due and settle what has come; False where there is nothing to do."""
        if self._fetcher is None:
            networks = map(ipaddress.ip_network, settings.CONFIG.image_private_networks)
            self._fetcher = Fetcher(allow_private=tuple(networks))
        for line, one in self._lines.take(THREADS - len(self._running)):
            field = f"image_urls[{one.position}]"
            self._running[pool.submit(keep, self._fetcher, store(), one.url, field)] = (line, one)
        if not self._running:
            return False
        done, _ = wait(self._running, wait_seconds, FIRST_COMPLETED)
        # Taken off first: where writing fails the leases run out, and the pictures are due again.
        outcomes = [(self._taken_off(future), _outcome(future)) for future in done]
        for _, outcome in outcomes:
            PICTURES.labels("kept" if isinstance(outcome, Kept) else outcome.fault).inc()
        if outcomes and settle(outcomes):
            self._on_settled()
        return True

    def _taken_off(self, future: Future[Kept | NotKept]) -> Snapshot:
        line, one = self._running.pop(future)
        line.held -= 1
        return one

    def stop(self) -> None:
        """End `run`; what is being fetched is fetched again."""
        self._stop.set()
        self.wake.set()


def _outcome(future: Future[Kept | NotKept]) -> Kept | NotKept:
    try:
        return future.result()
    except Exception as error:  # whatever a picture provokes must not stop the others
        logger.exception("a picture could not be dealt with")
        return NotKept(BROKEN_OFF, f"{type(error).__name__}: {error}", passing=True)
