"""Follows the generations: the newest is built beside the one in force, then takes its place."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.suite import Suite
from mimawari.records.manifest import Manifest
from mimawari.service.ops import generations
from mimawari.service.ops.building import SuiteBuilder
from mimawari.service.ops.models import Generation
from mimawari.service.platform.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class LoadedGeneration(msgspec.Struct, frozen=True):
    """What scoring needs of one generation, as a whole: it is swapped in one assignment."""

    number: int
    suite: Suite
    manifest: Manifest


class SuiteFollower(Turns):
    """Holds the newest generation that this process has loaded.

    Whoever scores reads `loaded` once a batch or request, and uses nothing else of it.

    Parameters
    ----------
    on_change
        Called after each swap.
    """

    trouble = "the newest generation could not be loaded; the one before it stays in force"

    def __init__(self, on_change: Callable[[], object] = lambda: None) -> None:
        super().__init__(idle_seconds=0.5)
        self.loaded: LoadedGeneration | None = None
        self.on_change = on_change
        self._builder = SuiteBuilder()
        self._lock = threading.Lock()

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
        return False

    def refresh(self) -> None:
        """Take up the newest generation where there is a newer one than that in force here."""
        with self._lock:
            numbers = Generation.objects.order_by("-number").values_list("number", flat=True)
            newest = numbers.first()
            if newest is None or newest == self.number:
                return
            began = time.perf_counter()
            generation = generations.current()
            assert generation is not None
            manifest, number = generation.manifest, generation.number
            suite = self._builder.build(manifest, number)
            self.loaded = LoadedGeneration(number, suite, manifest)
            seconds = time.perf_counter() - began
            logger.info("generation %s is in force, built in %.2f s", number, seconds)
        self.on_change()
