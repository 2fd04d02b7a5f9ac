"""The suites of generations, kept for the processes that explain scores."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from mimawari.service.ops.building import build_suite
from mimawari.service.ops.models import Generation

if TYPE_CHECKING:
    from mimawari.detectors.suite import Suite

MOST_KEPT = 3
_kept: OrderedDict[int, Suite] = OrderedDict()
_lock = threading.Lock()


def remember(suite: Suite) -> None:
    """Keep a suite that was built for scoring: explaining needs no second one."""
    with _lock:
        _kept[suite.generation] = suite
        _kept.move_to_end(suite.generation)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def suite_of(number: int) -> Suite:
    """Give the suite of a generation: explanations come from what gave the score."""
    with _lock:
        suite = _kept.get(number)
    if suite is None:
        manifest = Generation.objects.get(number=number).manifest
        suite = build_suite(manifest, number)
    remember(suite)
    return suite
