"""What is neglected now: gathered with a number of queries that does not grow with the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Exists, Max, OuterRef, Q, Subquery

from mimawari.evaluation.gates import Stage
from mimawari.evaluation.neglect.causes import Neglected, neglected
from mimawari.evaluation.neglect.facts import (
    CostlyModel,
    DeployedModel,
    Limits,
    OpenAlarm,
    SpareModel,
    TopicInForce,
)
from mimawari.evaluation.worth import Advice
from mimawari.records.alarm import AlarmKind
from mimawari.records.lineage import Lineage
from mimawari.records.manifest import Manifest
from mimawari.records.topic_change import Changed
from mimawari.service.admission.models import ASKED, Alert, AlertState, Purpose
from mimawari.service.alarms.models import Alarm as StoredAlarm
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion, TopicFileVersion
from mimawari.service.monitoring.figures import DAYS, all_worths
from mimawari.service.platform import clock
from mimawari.service.releases import generations
from mimawari.service.releases.deployments import since
from mimawari.service.releases.models import DeploymentChange, Measurement, Release, TopicChange
from mimawari.service.trials.models import Trial, TrialState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

    from mimawari.records.manifest import TopicEntry

MOST_SPARE, MOST_ALARMS = 50, 200
SCORED = (Purpose.TOP_K, Purpose.RESCAN, Purpose.TRIAL)
"""Alerts that a score opened."""


class Neglect(msgspec.Struct, frozen=True, kw_only=True):
    """What is neglected.

    Parameters
    ----------
    more
        Whether more models were never in force than the oldest, which are among the rows.
    """

    rows: list[Neglected]
    more: bool
    now: datetime


def neglect(limits: Limits, topics: Collection[str] | None = None) -> Neglect:
    """Find what is unused, stale, alerted or costly.

    Parameters
    ----------
    topics
        Only these; None: all.
    """
    now, newest = clock.database_now(), generations.serving()
    manifest = newest.manifest if newest else Manifest()
    entries = {
        topic: entry
        for topic, entry in manifest.topics.items()
        if topics is None or topic in topics
    }
    spare = _spare(now - timedelta(days=limits.unused), topics)
    oldest = spare.order_by("created_at", "id").values_list("id", "topic", "created_at")
    named = [
        SpareModel(model=model, topic=topic, registered=at)
        for model, topic, at in oldest[: MOST_SPARE + 1]
    ]
    rows = neglected(
        _deployed(entries, now),
        _topics(entries),
        named[:MOST_SPARE],
        limits,
        now,
        _costly(entries),
        _alarms(entries),
    )
    return Neglect(rows=rows, more=len(named) > MOST_SPARE, now=now)


def _spare(before: datetime, topics: Collection[str] | None) -> QuerySet[ModelVersion]:
    """Give the models registered before a time that were never in force nor looked at since."""
    of_it = {"model": OuterRef("pk")}
    rows = ModelVersion.objects.filter(created_at__lt=before)
    if topics is not None:
        rows = rows.filter(topic__in=topics)
    compared = Trial.objects.filter(~Q(state=TrialState.ENDED) | Q(created_at__gte=before))
    return rows.filter(
        ~Exists(DeploymentChange.objects.filter(**of_it)),
        ~Exists(Release.objects.filter(stage=Stage.RETIRED, **of_it)),
        ~Exists(Measurement.objects.filter(at__gte=before, **of_it)),
    ).exclude(pk__in=compared.values("candidate"))


def _deployed(entries: Mapping[str, TopicEntry], now: datetime) -> list[DeployedModel]:
    slots = {
        deployment.model: deployment.slot
        for entry in entries.values()
        for deployment in entry.deployments
    }
    fields = ("id", "topic", "lineage", "data_set", "created_at")
    of_topic = ModelVersion.objects.filter(topic=OuterRef("topic")).order_by("-created_at")
    newest = Subquery(of_topic.values("created_at")[:1])
    deployed = ModelVersion.objects.filter(pk__in=slots).only(*fields)
    models = list(deployed.annotate(newest=newest))
    starts, looked_at = since(slots), _looked_at(slots, now)
    named = {model.data_set for model in models}
    rows = DataSetVersion.objects.filter(pk__in=named).select_related("erasure")
    data_sets = {data_set.pk: data_set for data_set in rows}
    deployed_models = []
    for model in models:
        made, data_set = Lineage.of(model.lineage), data_sets.get(model.data_set)
        erasure = getattr(data_set, "erasure", None)
        deployed_models.append(
            DeployedModel(
                model=model.pk,
                topic=model.topic,
                slot=slots[model.pk],
                since=starts.get((model.pk, model.topic), model.created_at),
                registered=model.created_at,
                newest=model.newest,
                learnt=_moment(made.at) or model.created_at,
                on_trial=entries[model.topic].trial is not None,
                looked_at=looked_at.get(model.pk),
                labels_until=_moment(made.labels_until),
                policy=_policy(data_set, model.topic),
                data_set=model.data_set,
                data_erased=erasure.at if erasure else None,
            )
        )
    return deployed_models


def _costly(entries: Mapping[str, TopicEntry]) -> list[CostlyModel]:
    """Give the champions that the report of their worth advises to retire, as it was last kept."""
    kept = all_worths().if_kept()
    if kept is None:
        return []
    return [
        CostlyModel(
            model=served.model,
            topic=served.topic,
            since=kept.at - timedelta(days=DAYS),
            gain=served.worth.gain.value,
            hours=served.costs.upkeep_hours,
        )
        for served in kept.value
        if served.worth.advice == Advice.RETIRE
        and served.topic in entries
        and entries[served.topic].champion == served.model
    ]


def _alarms(topics: Collection[str]) -> list[OpenAlarm]:
    """Give the newest open alarms of these topics."""
    rows = StoredAlarm.objects.exclude(open_key=None).filter(topic__in=topics).order_by("-pk")
    named = rows.values_list("pk", "kind", "topic", "began_at", "deployment")
    return [
        OpenAlarm(number=number, kind=AlarmKind(kind), topic=topic, since=since, deployment=model)
        for number, kind, topic, since, model in named[:MOST_ALARMS]
    ]


def _policy(data_set: DataSetVersion | None, topic: str) -> int | None:
    """Give the newest policy version by which labels of a data set were judged."""
    card = data_set.card.topics.get(topic) if data_set else None
    return max(map(int, card.policy_versions), default=None) if card else None


def _looked_at(models: Collection[str], now: datetime) -> dict[str, datetime]:
    """Give when models were last validated or compared; now where they are being compared."""
    trials = Trial.objects.filter(candidate__in=models).order_by("pk")
    times = {
        model: now if state != TrialState.ENDED else at
        for model, state, at in trials.values_list("candidate", "state", "created_at")
    }
    measured = Measurement.objects.filter(model__in=models).order_by().values_list("model")
    for model, at in measured.annotate(Max("at")):
        times[model] = max(at, times.get(model, at))
    return times


def _topics(entries: Mapping[str, TopicEntry]) -> list[TopicInForce]:
    versions = {entry.topic_file for entry in entries.values()}
    rows = TopicFileVersion.objects.filter(topic__in=entries, version__in=versions).annotate(
        readings=_changed_readings(),
        first=_alert("day", purpose__in=ASKED),
        last=_alert("-day", purpose__in=ASKED),
        scored=_alert("-day", purpose__in=SCORED),
        decided=_alert("-day", purpose__in=ASKED, state=AlertState.DECIDED),
    )
    annotated = ("readings", "first", "last", "scored", "decided")
    return [
        TopicInForce(
            topic=topic,
            policy=version,
            policy_since=at,
            readings_since=readings,
            first_alert=first,
            last_alert=last,
            last_scored=scored,
            last_decided=decided,
        )
        for topic, version, at, readings, first, last, scored, decided in rows.values_list(
            "topic", "version", "created_at", *annotated
        )
        if entries[topic].topic_file == version
    ]


def _alert(order: str, **which: object) -> Subquery:
    """Give when one of a topic's alerts was made: capacity bounds how many are passed over."""
    rows = Alert.objects.filter(topic=OuterRef("topic"), **which)
    return Subquery(rows.order_by(order).values("created_at")[:1])


def _changed_readings() -> Subquery:
    changes = TopicChange.objects.filter(topic=OuterRef("topic"), what__icontains=Changed.READINGS)
    return Subquery(changes.order_by("-at").values("at")[:1])


def _moment(text: str | None) -> datetime | None:
    """Read a time of an artifact, which may say anything."""
    try:
        at = datetime.fromisoformat(text or "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
