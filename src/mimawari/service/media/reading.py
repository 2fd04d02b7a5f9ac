"""The reader: reads the text in kept pictures that versions wait for, beside the worker."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Q
from django.utils import timezone

from mimawari.errors import MimawariError
from mimawari.listings.media.ocr import TextReader, text_of
from mimawari.service.edge.metrics import READING
from mimawari.service.intake.models import State
from mimawari.service.media.kept import store
from mimawari.service.media.models import Picture, Snapshot, SnapshotState
from mimawari.service.media.origins import keeps_pictures

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)


def reads_pictures() -> bool:
    """Whether the text in pictures is read."""
    return bool(settings.CONFIG.image_text and keeps_pictures())


def take() -> Picture | None:
    """Lease the unread picture that a version has waited for longest; None where none waits.

    What was not read before its version was scored is not read for it: it would change nothing.
    """
    now = timezone.now()
    free = Q(picture__read_from=None) | Q(picture__read_from__lt=now - LEASE)
    waiting = Snapshot.objects.filter(
        free,
        state=SnapshotState.KEPT,
        picture__text=None,
        listing_version__state=State.PENDING,
    ).order_by("listing_version_id", "position")
    for one in waiting.select_related("picture")[:8]:  # others may take the first ones
        picture = one.picture
        assert picture is not None
        unread = Picture.objects.filter(pk=picture.pk, text=None, read_from=picture.read_from)
        if unread.update(read_from=now):
            return picture
    return None


class Reader:
    """Reads one picture at a time; each is read once, whoever shows it.

    Parameters
    ----------
    on_read
        Called after each picture (wakes the worker).
    """

    def __init__(self, on_read: Callable[[], object] = lambda: None) -> None:
        self._on_read = on_read
        self._stop = threading.Event()
        self.wake = threading.Event()
        self._engine: TextReader | None = None

    def run(self, idle_seconds: float = 1.0) -> None:
        """Work until stopped; `wake` cuts the waiting short when pictures were kept."""
        if not reads_pictures():
            return
        while not self._stop.is_set():
            try:
                close_old_connections()
                busy = self.turn()
            except Exception:
                logger.exception("a picture could not be read; it is tried again in a minute")
                busy = False
            if not busy:
                self.wake.wait(idle_seconds)
                self.wake.clear()
        connection.close()

    def turn(self) -> bool:
        """Read the next picture; False where none waits."""
        picture = take()
        if picture is None:
            return False
        start = time.perf_counter()
        text = self._read(picture.sha256)
        READING.observe(time.perf_counter() - start)
        Picture.objects.filter(pk=picture.pk, text=None).update(text=text)
        self._on_read()
        return True

    def _read(self, sha256: str) -> str:
        """Give the text of a picture; nothing where it is gone or damaged."""
        from mimawari.listings.media.decode import decode  # Pillow only where pictures are

        self._engine = self._engine or TextReader()
        try:
            data = store().get(sha256)
            return "" if data is None else text_of(self._engine.read(decode(data, sha256)))
        except MimawariError as error:
            logger.error("a kept picture is not read: %s", error)  # noqa: TRY400  # says it all
            return ""

    def stop(self) -> None:
        """End `run` after the picture at hand."""
        self._stop.set()
        self.wake.set()
