"""The suite of a generation, kept for the processes that explain scores."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mimawari.service.ops import generations
from mimawari.service.ops.models import Generation

if TYPE_CHECKING:
    from mimawari.detectors.suite import Suite


@functools.lru_cache(maxsize=2)
def suite_of(number: int) -> Suite:
    """Give the suite of a generation: explanations come from what gave the score."""
    manifest = Generation.objects.get(number=number).manifest
    return generations.build_suite(manifest, number)
