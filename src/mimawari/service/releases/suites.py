"""The suite of one topic of a generation, kept for the processes that explain scores."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.manifest import decode_manifest
from mimawari.service.releases.building import build_suite

if TYPE_CHECKING:
    from mimawari.detectors.suite import Suite
    from mimawari.service.releases.models import Generation

MOST_KEPT = 64


def topic_suite(generation: Generation, topic: str) -> Suite:
    """Give what scored a topic in a generation, and nothing else: explanations come from it.

    It is built once for all generations in which the topic's rules, its models and the banks are
    the same.
    """
    manifest, prefix = generation.manifest, f"{topic}/"
    own = msgspec.structs.replace(
        manifest.only(topic),
        rule_precisions={
            rule: precision
            for rule, precision in manifest.rule_precisions.items()
            if rule.startswith(prefix)
        },
    )
    return _built(msgspec.json.encode(own, order="deterministic"))


@functools.lru_cache(maxsize=MOST_KEPT)
def _built(manifest: bytes) -> Suite:
    return build_suite(decode_manifest(manifest), 0)
