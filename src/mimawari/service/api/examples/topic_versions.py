"""An example of what was in force for a topic, and the type of it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mimawari.records.deployment import Deployment, Slot
from mimawari.service.releases.versions import TopicVersion


class TopicVersions(msgspec.Struct, frozen=True):
    """What was in force for a topic, the newest first."""

    topic: str
    versions: list[TopicVersion]


VERSIONS = TopicVersions(
    "weapons",
    [
        TopicVersion(
            topic="weapons",
            generation=12,
            since=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
            until=None,
            changed=("champion",),
            topic_file=3,
            champion="weapons-0123456789ab",
            beside=(Deployment(model="weapons-ba9876543210", slot=Slot.SHADOW),),
            trial=None,
            by="anna",
            reason="back-test 4 was won",
            evidence={"trial": 4},
        )
    ],
)
