"""Work in turns: what every loop of a role does until it is stopped."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from django.db import Error as DatabaseError
from django.db import connection

from mimawari.errors import InvalidInputError

logger = logging.getLogger(__name__)
SHORTEST_PAUSE = 0.05


class WorkLoop(ABC):
    """Takes one turn after the other; pauses longer and longer while there is nothing to do.

    Whatever goes wrong in a turn is logged, and the next one begins after a pause, which grows
    with every failure in a row: a database that is away is asked for again, not besieged.

    Parameters
    ----------
    idle_seconds
        The longest pause after a turn that found nothing to do; setting `wake` ends it.
    first_pause
        The first such pause, which doubles each time.
    """

    trouble = "a turn failed"
    """What the log says of a turn that failed."""
    longest_pause = 10.0
    """Most seconds between two tries while turns fail."""

    def __init__(self, idle_seconds: float = 0.5, first_pause: float = SHORTEST_PAUSE) -> None:
        self.idle_seconds = idle_seconds
        self.first_pause = min(first_pause, idle_seconds)
        self.wake = threading.Event()
        self.problem = ""
        """What went wrong in the last turn; empty where nothing did."""
        self.notice = ""
        """What is not as it should be although turns go on; empty where nothing is."""
        self._stopped = threading.Event()

    @abstractmethod
    def turn(self) -> bool:
        """Do what is due; False where there was nothing."""

    def run(self) -> None:
        """Work until stopped."""
        idle, failures = self.first_pause, 0
        while not self._stopped.is_set():
            busy = self._try()
            failures = failures + 1 if self.problem else 0
            if failures:
                self._stopped.wait(min(self.longest_pause, SHORTEST_PAUSE * 2 ** min(failures, 20)))
            elif busy or self.wake.is_set():
                idle = self.first_pause
                self.wake.clear()
            elif self.wake.wait(idle):
                self.wake.clear()
                idle = self.first_pause
            else:
                idle = min(2 * idle, self.idle_seconds)
        try:
            self.ended()
        except Exception as error:  # the store may be what is away
            logger.warning("%s while it ended: %s", self.trouble, error)
        connection.close()

    def ended(self) -> None:  # noqa: B027  # most have nothing to tidy up
        """Tidy up after the last turn."""

    def _try(self) -> bool:
        """Take a turn, and note what goes wrong."""
        try:
            busy = self.turn()
        except (DatabaseError, InvalidInputError) as error:  # a line says it all
            self.problem = f"{self.trouble}: {' '.join(str(error).split())}"
            logger.warning("%s", self.problem)
        except Exception as error:
            self.problem = f"{self.trouble}: {type(error).__name__}: {error}"
            logger.exception(self.trouble)
        else:
            self.problem = ""
            return busy
        connection.close()  # it may be what is broken; the next turn makes another
        return False

    def stop(self) -> None:
        """End `run` after the turn at hand."""
        self._stopped.set()
        self.wake.set()
