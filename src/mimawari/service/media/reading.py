"""The reader: reads the text in kept pictures that versions wait for, beside the worker."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from mimawari.errors import MimawariError
from mimawari.listings.media.ocr import TextReader, text_of
from mimawari.service.intake.models import State
from mimawari.service.media.models import Picture, Snapshot, SnapshotState
from mimawari.service.media.origins import keeps_pictures
from mimawari.service.media.pictures import store
from mimawari.service.platform import clock
from mimawari.service.platform.metrics import READING
from mimawari.service.platform.work_loop import WorkLoop

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
    now = clock.database_now()
    free = Q(picture__read_from=None) | Q(picture__read_from__lt=now - LEASE)
    waiting = Snapshot.objects.filter(
        free,
        state=SnapshotState.KEPT,
        picture__text=None,
        listing_version__state=State.PENDING,
    ).order_by("listing_version_id", "position")
    for snapshot in waiting.select_related("picture")[:8]:  # others may take the first ones
        picture = snapshot.picture
        assert picture is not None
        unread = Picture.objects.filter(pk=picture.pk, text=None, read_from=picture.read_from)
        if unread.update(read_from=now):
            return picture
    return None


class Reader(WorkLoop):
    """Reads one picture at a time; each is read once, whoever shows it.

    Parameters
    ----------
    on_read
        Called after each picture (wakes the worker).
    """

    trouble = "a picture could not be read; it is tried again in a minute"

    def __init__(self, on_read: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._on_read = on_read
        self._engine: TextReader | None = None

    def run(self) -> None:
        """Work until stopped, where pictures are read at all."""
        if reads_pictures():
            super().run()

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
