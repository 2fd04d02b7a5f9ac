"""The suite of one topic of a generation, kept for the processes that explain scores."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.ops import generations

if TYPE_CHECKING:
    from mimawari.detectors.suite import Suite
    from mimawari.service.ops.models import Generation

MOST_KEPT = 64


def topic_suite(generation: Generation, topic: str) -> Suite:
    """Give what scored a topic in a generation, and nothing else: explanations come from it.

    It is built once for all generations in which the topic's rules, its model and the banks are
    the same.
    """
    manifest = generation.manifest
    prefix = f"{topic}/"
    measured = manifest.get("rule_precisions", {})
    own = {
        "topics": {topic: manifest["topics"][topic]},
        "topic_order": [topic],
        "rule_precisions": {r: p for r, p in measured.items() if r.startswith(prefix)},
        "banks": manifest.get("banks", {}),
        "readings": manifest.get("readings"),
    }
    return _built(msgspec.json.encode(own, order="deterministic"))


@functools.lru_cache(maxsize=MOST_KEPT)
def _built(manifest: bytes) -> Suite:
    return generations.build_suite(msgspec.json.decode(manifest), 0)
