"""What is neglected: unused, stale, alerted or costly; the cause, since when, and what helps."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.neglect.facts import OpenAlarm
from mimawari.records.alarm import AlarmKind
from mimawari.records.deployment import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.evaluation.neglect.facts import (
        CostlyModel,
        DeployedModel,
        Limits,
        SpareModel,
        TopicInForce,
    )


class Cause(StrEnum):
    """What is wrong: the first four say what is unused, the last two stand alone, others stale."""

    FORGOTTEN = "forgotten"
    NEVER_IN_FORCE = "never_in_force"
    SILENT = "silent"
    NOT_REVIEWED = "not_reviewed"
    POLICY_CHANGED = "policy_changed"
    LABELS_OLD = "labels_old"
    NEVER_RETRAINED = "never_retrained"
    DATA_ERASED = "data_erased"
    READINGS_CHANGED = "readings_changed"
    SCORES_MOVED = "scores_moved"
    ALERTED = "alerted"
    COSTLY = "costly"


UNUSED = frozenset({Cause.FORGOTTEN, Cause.NEVER_IN_FORCE, Cause.SILENT, Cause.NOT_REVIEWED})


class Remedy(StrEnum):
    """What helps."""

    RETIRE = "retire"
    UNDEPLOY = "undeploy"
    RETRAIN = "retrain"
    REVIEW = "review"
    TRAFFIC = "traffic"
    RULES = "rules"
    ALARM = "alarm"


class Neglected(msgspec.Struct, frozen=True, kw_only=True):
    """Something neglected.

    Parameters
    ----------
    model
        Empty where it is the topic itself.
    slot
        Of the model; None where it has none.
    since
        When it was last otherwise; of what is costly, the first of the days that were measured.
    about
        What differs, in no language, such as ``v1 → v2``.
    alarm
        The open alarm that says so.
    """

    cause: Cause
    topic: str
    since: datetime
    remedy: Remedy
    model: str = ""
    slot: Slot | None = None
    about: str = ""
    alarm: OpenAlarm | None = None


def neglected(
    deployed: Iterable[DeployedModel],
    topics: Iterable[TopicInForce],
    spare: Iterable[SpareModel],
    limits: Limits,
    now: datetime,
    costly: Iterable[CostlyModel] = (),
    alarms: Iterable[OpenAlarm] = (),
) -> list[Neglected]:
    """Name what is neglected, what is unused first, then by age.

    Examples
    --------
    >>> from datetime import UTC
    >>> from mimawari.evaluation.neglect.facts import Limits, SpareModel
    >>> now = datetime(2026, 3, 31, tzinfo=UTC)
    >>> spare = SpareModel(model="weapons-1", topic="weapons", registered=now - timedelta(days=40))
    >>> (found,) = neglected([], [], [spare], Limits(unused=30), now)
    >>> found.cause.value, found.remedy.value, f"{found.since:%Y-%m-%d}"
    ('never_in_force', 'retire', '2026-02-19')
    """
    in_force = {topic.topic: topic for topic in topics}
    unused_before = now - timedelta(days=limits.unused)
    rows = [
        *(_spare(model) for model in spare if model.registered < unused_before),
        *(row for topic in in_force.values() for row in _unreviewed(topic, unused_before)),
    ]
    models = list(deployed)
    for model in models:
        topic = in_force.get(model.topic)
        if model.slot == Slot.CHAMPION:
            rows += _silent(model, topic, unused_before)
        else:
            rows += _forgotten(model, unused_before)
        rows += _stale(model, topic, limits, now)
    rows += [_costly(model) for model in costly]
    rows += [row for alarm in alarms for row in _alerted(alarm, models)]
    return sorted(rows, key=lambda row: (row.cause not in UNUSED, row.since, row.topic, row.model))


def _costly(model: CostlyModel) -> Neglected:
    return Neglected(
        cause=Cause.COSTLY,
        topic=model.topic,
        model=model.model,
        slot=Slot.CHAMPION,
        since=model.since,
        about=f"{model.gain:+.1f} / {model.hours:,.1f} h",
        remedy=Remedy.RULES,
    )


def _alerted(alarm: OpenAlarm, models: list[DeployedModel]) -> Iterator[Neglected]:
    """Name the model that an alarm is about: of a topic's alerts and decisions, its champion.

    A champion whose scores moved is stale, too: what it learnt is not what it reads.
    """
    of_topic = [model for model in models if model.topic == alarm.topic]
    about = [model for model in of_topic if model.model == alarm.deployment]
    if not alarm.deployment:
        about = [model for model in of_topic if model.slot == Slot.CHAMPION]
    slot = about[0].slot if about else None
    model = about[0].model if about else alarm.deployment
    causes = {Cause.ALERTED: Remedy.ALARM}
    if alarm.kind == AlarmKind.DRIFT_OF_SCORES and slot == Slot.CHAMPION:
        causes[Cause.SCORES_MOVED] = Remedy.RETRAIN
    for cause, remedy in causes.items():
        yield Neglected(
            cause=cause,
            topic=alarm.topic,
            model=model,
            slot=slot,
            since=alarm.since,
            remedy=remedy,
            alarm=alarm,
        )


def _spare(model: SpareModel) -> Neglected:
    return Neglected(
        cause=Cause.NEVER_IN_FORCE,
        topic=model.topic,
        model=model.model,
        since=model.registered,
        remedy=Remedy.RETIRE,
    )


def _unreviewed(topic: TopicInForce, before: datetime) -> Iterator[Neglected]:
    """Alerts still come, and none of the limit's days was decided."""
    since = topic.last_decided or topic.first_alert
    comes = topic.last_alert is not None and topic.last_alert >= before
    if comes and since is not None and since < before:
        yield Neglected(
            cause=Cause.NOT_REVIEWED, topic=topic.topic, since=since, remedy=Remedy.REVIEW
        )


def _silent(
    model: DeployedModel, topic: TopicInForce | None, before: datetime
) -> Iterator[Neglected]:
    last = topic.last_scored if topic else None
    since = max(model.since, last or model.since)
    if since < before:
        yield _row(model, Cause.SILENT, since, remedy=Remedy.TRAFFIC)


def _forgotten(model: DeployedModel, before: datetime) -> Iterator[Neglected]:
    since = max(model.since, model.looked_at or model.since)
    if since < before and not model.on_trial:
        yield _row(model, Cause.FORGOTTEN, since)


def _stale(
    model: DeployedModel, topic: TopicInForce | None, limits: Limits, now: datetime
) -> Iterator[Neglected]:
    if topic is not None:
        yield from _changed(model, topic)
    if model.data_erased is not None:
        yield _row(model, Cause.DATA_ERASED, model.data_erased, model.data_set)
    until = model.labels_until
    if until is not None and until < now - timedelta(days=limits.labels):
        yield _row(model, Cause.LABELS_OLD, until)
    old = model.registered < now - timedelta(days=limits.retrained)
    if model.slot == Slot.CHAMPION and old and model.newest <= model.registered:
        yield _row(model, Cause.NEVER_RETRAINED, model.registered)


def _changed(model: DeployedModel, topic: TopicInForce) -> Iterator[Neglected]:
    if model.policy is None:
        if topic.policy_since > model.learnt:
            about = f"v{topic.policy}"
            yield _row(model, Cause.POLICY_CHANGED, topic.policy_since, about)
    elif topic.policy > model.policy:
        about = f"v{model.policy} → v{topic.policy}"
        yield _row(model, Cause.POLICY_CHANGED, topic.policy_since, about)
    if topic.readings_since is not None and topic.readings_since > model.learnt:
        yield _row(model, Cause.READINGS_CHANGED, topic.readings_since)


def _row(
    model: DeployedModel,
    cause: Cause,
    since: datetime,
    about: str = "",
    remedy: Remedy | None = None,
) -> Neglected:
    """Name what helps: a champion is trained again, one beside it taken away."""
    beside = model.slot != Slot.CHAMPION and not model.on_trial
    return Neglected(
        cause=cause,
        topic=model.topic,
        model=model.model,
        slot=model.slot,
        since=since,
        about=about,
        remedy=remedy or (Remedy.UNDEPLOY if beside else Remedy.RETRAIN),
    )
