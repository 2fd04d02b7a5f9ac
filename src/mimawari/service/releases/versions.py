"""Which version scored a topic at a time, and why that one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.deployment import Deployment
from mimawari.records.json import JsonObject
from mimawari.service.releases.models import TopicChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

MOST = 100


class TopicVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What was in force for a topic, from when to when, and who decided so.

    Parameters
    ----------
    generation
        The configuration from which on it was in force.
    since, until
        ``until`` is None where it still is.
    changed
        What this version has otherwise than the one before.
    topic_file
        Version of the policy and its rules; None where the topic was withdrawn.
    champion
        Model whose scores made the list; None where rules alone did.
    beside
        Canaries, with their share of the sellers, and shadows.
    trial
        Experiment or guard whose rounds made the list.
    evidence
        What spoke for a model, such as a trial's decision, where it was promoted on that.
    """

    topic: str
    generation: int
    since: datetime
    until: datetime | None
    changed: tuple[str, ...]
    topic_file: int | None
    champion: str | None
    beside: tuple[Deployment, ...]
    trial: int | None
    by: str
    reason: str
    evidence: JsonObject = {}


def version_at(topic: str, at: datetime) -> TopicVersion | None:
    """Give what was in force for a topic at a time; None where nothing was yet."""
    versions = _read(topic, _changes(topic).filter(at__lte=at)[:1])
    return next(versions, None)


def versions(topic: str, before: int | None = None, most: int = MOST) -> list[TopicVersion]:
    """Give what was in force for a topic, the newest first.

    Parameters
    ----------
    before
        A generation: only older versions.
    """
    rows = _changes(topic)
    if before is not None:
        rows = rows.filter(generation__lt=before)
    return list(_read(topic, rows[:most]))


def _changes(topic: str) -> QuerySet[TopicChange]:
    rows = TopicChange.objects.filter(topic=topic).select_related("generation")
    return rows.order_by("-generation")


def _read(topic: str, rows: Iterable[TopicChange]) -> Iterator[TopicVersion]:
    changes = list(rows)
    if not changes:
        return
    after = _changes(topic).filter(generation__gt=changes[0].generation_id).last()
    until = None if after is None else after.at
    for change in changes:
        entry = change.generation.manifest.topics.get(topic)
        yield TopicVersion(
            topic=topic,
            generation=change.generation_id,
            since=change.at,
            until=until,
            changed=tuple(change.what),
            topic_file=None if entry is None else entry.topic_file,
            champion=None if entry is None else entry.champion,
            beside=() if entry is None else entry.beside,
            trial=None if entry is None else entry.trial,
            by=change.generation.actor,
            reason=change.generation.reason,
            evidence=change.evidence,
        )
        until = change.at
