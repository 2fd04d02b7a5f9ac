"""What a new manifest changes of each topic's scores and lists."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.manifest import Manifest, TopicEntry


class Changed(StrEnum):
    """What is in force otherwise than before."""

    TOPIC_FILE = "topic_file"
    CHAMPION = "champion"
    BESIDE = "beside"
    CAPACITY = "capacity"
    TRIAL = "trial"
    RULE_PRECISIONS = "rule_precisions"
    BANKS = "banks"
    READINGS = "readings"
    WITHDRAWN = "withdrawn"
    SECOND_STAGE = "second_stage"


def topic_changes(before: Manifest, after: Manifest) -> dict[str, tuple[Changed, ...]]:
    """Give what changed, by topic; a topic of which nothing changed is not there.

    Banks and readings count for every topic, a rule's precision for its own.

    Examples
    --------
    >>> from mimawari.records.manifest import Manifest, TopicEntry
    >>> entry = TopicEntry(topic_file=1, sha256="", capacity=5)
    >>> before = Manifest(topics={"weapons": entry, "drugs": entry})
    >>> after = before.with_topic("weapons", entry.with_champion("weapons-1"))
    >>> {topic: [str(what) for what in changed] for topic, changed in
    ...  topic_changes(before, after).items()}
    {'weapons': ['champion']}
    """
    changes = {
        topic: tuple(_changed(topic, before, after))
        for topic in sorted(before.topics.keys() | after.topics.keys())
    }
    return {topic: changed for topic, changed in changes.items() if changed}


def _changed(topic: str, before: Manifest, after: Manifest) -> Iterator[Changed]:
    old, new = before.topics.get(topic), after.topics.get(topic)
    if new is None:
        yield Changed.WITHDRAWN
        return
    yield from _of_entries(old, new)
    if _precisions(before, topic) != _precisions(after, topic):
        yield Changed.RULE_PRECISIONS
    if old is not None and before.banks != after.banks:
        yield Changed.BANKS
    if old is not None and before.readings != after.readings:
        yield Changed.READINGS


def _of_entries(old: TopicEntry | None, new: TopicEntry) -> Iterator[Changed]:
    if old is None or (old.topic_file, old.sha256) != (new.topic_file, new.sha256):
        yield Changed.TOPIC_FILE
    if (old and old.champion) != new.champion:
        yield Changed.CHAMPION
    if (old.beside if old else ()) != new.beside:
        yield Changed.BESIDE
    if old is not None and (old.capacity, old.sensitive) != (new.capacity, new.sensitive):
        yield Changed.CAPACITY
    if (old.trial if old else None) != new.trial:
        yield Changed.TRIAL
    if (old.second_stage if old else msgspec.UNSET) != new.second_stage:
        yield Changed.SECOND_STAGE


def _precisions(manifest: Manifest, topic: str) -> dict[str, float]:
    of_topic = f"{topic}/"
    return {k: v for k, v in manifest.rule_precisions.items() if k.startswith(of_topic)}
