"""Follows the generations: the newest is built beside the one in force, then takes its place."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.records.manifest import Manifest
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.releases import generations
from mimawari.service.releases.building import SuiteBuilder
from mimawari.service.releases.models import Generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.detectors.loading import Model

logger = logging.getLogger(__name__)
# Between two tries to load what was left out of the generation in force.
LOOK_SECONDS = 30.0


class LoadedGeneration(msgspec.Struct, frozen=True):
    """What scoring needs of one generation, as a whole: it is swapped in one assignment."""

    number: int
    suite: Suite
    manifest: Manifest


class SuiteFollower(WorkLoop):
    """Holds the newest generation that this process has loaded.

    Whoever scores reads `loaded` once a batch or request, and uses nothing else of it.

    Parameters
    ----------
    on_change
        Called after each swap.
    on_load
        Is given each model that was loaded, before it scores.
    """

    trouble = "the newest generation could not be loaded; the one before it stays in force"

    def __init__(
        self,
        on_change: Callable[[], object] = lambda: None,
        on_load: Callable[[Model], object] = lambda model: None,
    ) -> None:
        super().__init__(idle_seconds=0.5)
        self.loaded: LoadedGeneration | None = None
        self.on_change = on_change
        self._builder = SuiteBuilder(on_load)
        self._lock = threading.Lock()
        self._look_at = 0.0

    @property
    def suite(self) -> Suite | None:
        """The suite in force here."""
        return self.loaded.suite if self.loaded else None

    @property
    def number(self) -> int | None:
        """The generation in force here."""
        return self.loaded.number if self.loaded else None

    def turn(self) -> bool:
        """Take up the newest generation; then pause."""
        self.refresh()
        self._tell()
        return False

    def refresh(self) -> None:
        """Take up the newest generation where there is a newer one than that in force here."""
        with self._lock:
            numbers = Generation.objects.order_by("-number").values_list("number", flat=True)
            newest = numbers.first()
            if newest is None:
                return
            if newest == self.number:
                self._look_for_absent()
                return
            try:
                generation = generations.current()
            except InvalidInputError:  # of a later version of the program
                if self.loaded is None and (older := generations.serving()) is not None:
                    self._take(older.manifest, older.number)
                raise
            assert generation is not None
            self._take(generation.manifest, generation.number)

    def _take(self, manifest: Manifest, number: int) -> None:
        """Build a generation, and put it in force here."""
        began = time.perf_counter()
        suite = self._builder.build(manifest, number)
        self.loaded = LoadedGeneration(number, suite, manifest)
        seconds = time.perf_counter() - began
        logger.info("generation %s is in force, built in %.2f s", number, seconds)
        self._tell()
        self._look_at = time.monotonic() + LOOK_SECONDS
        self.on_change()

    def _tell(self) -> None:
        """Tell what the suite in force is without, and what its models say of themselves."""
        if self.loaded is None:
            return
        suite = self.loaded.suite
        parts = [f"without {', '.join(sorted(suite.absent))}"] if suite.absent else []
        parts += [f"{name}: {notice}" for name, notice in sorted(suite.notices.items())]
        self.notice = "; ".join(parts)

    def _look_for_absent(self) -> None:
        """Try again to load what was left out: the artifact store may be back."""
        if self.loaded is None or not self.loaded.suite.absent or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_SECONDS
        manifest, number = self.loaded.manifest, self.loaded.number
        if self._builder.absent(manifest) < len(self.loaded.suite.absent):
            self._take(manifest, number)
