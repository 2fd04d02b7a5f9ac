"""Topic files as stored: parsed once, read many at a time, and what they ask as of a time."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile import TopicFile, parse
from mimawari.service.catalogue.models import TopicFileVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.records.manifest import TopicEntry

Named = tuple[str, int]


def topic_files(wanted: Iterable[Named]) -> dict[Named, TopicFile]:
    """Read stored topic files, by topic and version, however many with one query."""
    names = set(wanted)
    if not names:
        return {}
    stored = TopicFileVersion.objects.filter(
        topic__in={topic for topic, _ in names}, version__in={version for _, version in names}
    )
    rows = stored.values_list("topic", "version", "format", "text")
    return {
        (topic, version): _parsed(text, f"{topic}.{kind}")
        for topic, version, kind, text in rows
        if (topic, version) in names
    }


def topic_file(topic: str, version: int) -> TopicFile:
    """Read one stored topic file."""
    return topic_files([(topic, version)])[topic, version]


def topic_file_of(topic: str, entry: TopicEntry) -> TopicFile:
    """Read the topic file of a manifest's entry; its hash names it for good."""
    return _by_hash(topic, entry.topic_file, entry.sha256)


@functools.lru_cache(maxsize=512)
def _by_hash(topic: str, version: int, _sha256: str) -> TopicFile:
    return topic_file(topic, version)


@functools.lru_cache(maxsize=512)
def _parsed(text: str, name: str) -> TopicFile:
    return parse(text, name)
