"""Work in turns: what every thread beside the API does until it is stopped."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from django.db import close_old_connections, connection

logger = logging.getLogger(__name__)


class Turns(ABC):
    """Takes one turn after the other; pauses after one that found nothing to do.

    Whatever goes wrong in a turn is logged, and the next one begins.

    Parameters
    ----------
    idle_seconds
        The pause; setting `wake` ends it.
    """

    trouble = "a turn failed"
    """What the log says of a turn that failed."""

    def __init__(self, idle_seconds: float = 1.0) -> None:
        self.idle_seconds = idle_seconds
        self.wake = threading.Event()
        self._stopped = threading.Event()

    @abstractmethod
    def turn(self) -> bool:
        """Do what is due; False where there was nothing."""

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopped.is_set():
            try:
                close_old_connections()
                busy = self.turn()
            except Exception:
                logger.exception(self.trouble)
                busy = False
            if not busy:
                self.wake.wait(self.idle_seconds)
                self.wake.clear()
        connection.close()

    def stop(self) -> None:
        """End `run` after the turn at hand."""
        self._stopped.set()
        self.wake.set()
