"""What topics ask, as the generation in force at a time says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.releases.models import Generation

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.detectors.topicfile import TopicFile


def files_in_force(until: datetime | None = None) -> dict[str, TopicFile]:
    """Give the topic files in force at a time, by topic; now where none is given."""
    known = Generation.objects.order_by("-number")
    if until is not None:
        known = known.filter(created_at__lte=until)
    newest = known.first()
    entries = newest.manifest.topics if newest else {}
    versions = {topic: entry.topic_file for topic, entry in entries.items()}
    files = topic_files(versions.items())
    return {topic: files[topic, version] for topic, version in versions.items()}


def confirmed_topics(until: datetime | None = None) -> frozenset[str]:
    """Give the topics whose policy at a time wants violations confirmed by a second moderator."""
    files = files_in_force(until)
    return frozenset(topic for topic, file in files.items() if file.confirm_positives)
