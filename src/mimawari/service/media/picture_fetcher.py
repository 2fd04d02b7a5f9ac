"""Fetches the pictures of new listing versions beside the worker that scores them."""

from __future__ import annotations

import ipaddress
import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.listings.media.fetch import Fetcher
from mimawari.service.media.alike import known_pictures
from mimawari.service.media.fetching import FailedFetch, FetchedPicture, fetch_and_store
from mimawari.service.media.leases import BROKEN_OFF, settle
from mimawari.service.media.origin_queues import OriginQueues
from mimawari.service.media.origins import keeps_pictures
from mimawari.service.media.pictures import store
from mimawari.service.platform.metrics import PICTURES
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.service.media.models import Snapshot
    from mimawari.service.media.origin_queues import OriginQueue

logger = logging.getLogger(__name__)
THREADS = 8  # which mostly wait for other servers; no origin gets more than half


class PictureFetcher(WorkLoop):
    """Leases due snapshots, fetches several at a time, and settles each.

    Parameters
    ----------
    on_settled
        Called whenever pictures became final (wakes the worker).
    fetcher
        By default one that reaches public addresses and the networks of the settings.
    """

    trouble = "pictures could not be dealt with; they are tried again"

    def __init__(
        self, on_settled: Callable[[], object] = lambda: None, fetcher: Fetcher | None = None
    ) -> None:
        super().__init__()
        self._on_settled = on_settled
        self._fetcher = fetcher
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="picture-fetcher")
        self._queues = OriginQueues(settings.CONFIG.image_origins)
        self._running: dict[Future[FetchedPicture | FailedFetch], tuple[OriginQueue, Snapshot]] = {}

    def run(self) -> None:
        """Work until stopped, where pictures are kept at all; what is under way is due again."""
        if keeps_pictures():
            super().run()
        self.close()

    def close(self) -> None:
        """Let the fetching threads go; the leases of what they hold run out."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def turn(self, wait_seconds: float = 0.2) -> bool:
        """Begin what is due and settle what has come; False where there is nothing to do."""
        if not known_pictures:  # read once ahead, so that no moderator waits for it
            known_pictures.refresh()
        if self._fetcher is None:
            networks = map(ipaddress.ip_network, settings.CONFIG.image_private_networks)
            self._fetcher = Fetcher(allow_private=tuple(networks))
        for queue, snapshot in self._queues.take(THREADS - len(self._running)):
            field = f"image_urls[{snapshot.position}]"
            future = self._pool.submit(fetch_and_store, self._fetcher, store(), snapshot.url, field)
            self._running[future] = (queue, snapshot)
        if not self._running:
            return False
        done, _ = wait(self._running, wait_seconds, FIRST_COMPLETED)
        # Taken off first: where writing fails the leases run out, and the pictures are due again.
        outcomes = [(self._taken_off(future), _outcome(future)) for future in done]
        for _, outcome in outcomes:
            PICTURES.labels("kept" if isinstance(outcome, FetchedPicture) else outcome.fault).inc()
        if outcomes and settle(outcomes):
            self._on_settled()
        return True

    def _taken_off(self, future: Future[FetchedPicture | FailedFetch]) -> Snapshot:
        queue, snapshot = self._running.pop(future)
        queue.held -= 1
        return snapshot


def _outcome(future: Future[FetchedPicture | FailedFetch]) -> FetchedPicture | FailedFetch:
    try:
        return future.result()
    except Exception as error:  # whatever a picture provokes must not stop the others
        logger.exception("a picture could not be dealt with")
        return FailedFetch(BROKEN_OFF, f"{type(error).__name__}: {error}", passing=True)
