"""Each cause of neglect on the day before its limit and the day after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from mimawari.evaluation.neglect.causes import UNUSED, Cause, Neglected, Remedy, neglected
from mimawari.evaluation.neglect.facts import (
    CostlyModel,
    DeployedModel,
    Limits,
    OpenAlarm,
    SpareModel,
    TopicInForce,
)
from mimawari.records.alarm import AlarmKind
from mimawari.records.deployment import Slot

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Limits(unused=30, labels=90, retrained=180)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


# Nothing is wrong with these.
TOPIC = TopicInForce(
    topic="weapons",
    policy=2,
    policy_since=ago(100),
    readings_since=ago(100),
    first_alert=ago(400),
    last_alert=ago(0),
    last_scored=ago(0),
    last_decided=ago(1),
)
CHAMPION = DeployedModel(
    model="weapons-1",
    topic="weapons",
    slot=Slot.CHAMPION,
    since=ago(60),
    registered=ago(60),
    newest=ago(60),
    learnt=ago(61),
    labels_until=ago(62),
    policy=2,
    data_set="weapons-0",
)
SHADOW = msgspec.structs.replace(CHAMPION, model="weapons-2", slot=Slot.SHADOW, since=ago(20))


def found(
    model: DeployedModel | None = None, topic: TopicInForce = TOPIC, limits: Limits = LIMITS
) -> list[Neglected]:
    return neglected([model] if model else [], [topic], [], limits, NOW)


def test_what_is_used_and_fresh_is_not_named() -> None:
    assert neglected([CHAMPION, SHADOW], [TOPIC], [], LIMITS, NOW) == []


@pytest.mark.parametrize(
    ("changes", "cause", "since", "about"),
    [
        ({"policy": 1}, Cause.POLICY_CHANGED, ago(100), "v1 → v2"),
        ({"policy": None, "learnt": ago(101)}, Cause.POLICY_CHANGED, ago(100), "v2"),
        ({"labels_until": ago(91)}, Cause.LABELS_OLD, ago(91), ""),
        ({"data_erased": ago(3)}, Cause.DATA_ERASED, ago(3), "weapons-0"),
        ({"learnt": ago(101)}, Cause.READINGS_CHANGED, ago(100), ""),
    ],
    ids=lambda value: str(value) if isinstance(value, Cause) else "",
)
def test_what_is_stale(
    changes: dict[str, object], cause: Cause, since: datetime, about: str
) -> None:
    topic = msgspec.structs.replace(TOPIC, readings_since=None)
    of_it = TOPIC if cause == Cause.READINGS_CHANGED else topic
    for model, remedy in ((CHAMPION, Remedy.RETRAIN), (SHADOW, Remedy.UNDEPLOY)):
        (row,) = found(msgspec.structs.replace(model, **changes), of_it)
        assert (row.cause, row.since, row.about, row.remedy) == (cause, since, about, remedy)
        assert (row.model, row.slot) == (model.model, model.slot)
        assert row.cause not in UNUSED


@pytest.mark.parametrize(
    "changes",
    [{"policy": 3}, {"policy": None}, {"labels_until": ago(90)}, {"labels_until": None}],
    ids=["newer labels", "learnt later", "on the limit", "unknown"],
)
def test_what_is_not_stale_yet(changes: dict[str, object]) -> None:
    assert found(msgspec.structs.replace(CHAMPION, **changes)) == []


def test_a_champion_without_a_newer_model() -> None:
    old = msgspec.structs.replace(CHAMPION, registered=ago(181), newest=ago(181))
    (row,) = found(old)
    assert (row.cause, row.since) == (Cause.NEVER_RETRAINED, ago(181))
    assert found(msgspec.structs.replace(old, newest=ago(10))) == []
    assert found(old, limits=msgspec.structs.replace(LIMITS, retrained=200)) == []


def test_a_forgotten_shadow() -> None:
    old = msgspec.structs.replace(SHADOW, since=ago(31))
    (row,) = found(old)
    assert (row.cause, row.since, row.remedy) == (Cause.FORGOTTEN, ago(31), Remedy.UNDEPLOY)
    assert found(msgspec.structs.replace(old, looked_at=ago(29))) == []
    assert found(msgspec.structs.replace(old, on_trial=True)) == []
    (row,) = found(msgspec.structs.replace(old, looked_at=ago(40)))
    assert row.since == ago(31), "what came before does not count"


def test_nobody_takes_away_what_a_trial_compares() -> None:
    (row,) = found(msgspec.structs.replace(SHADOW, on_trial=True, data_erased=ago(1)))
    assert row.remedy == Remedy.RETRAIN


def test_a_champion_that_alerts_nobody() -> None:
    for last, since in ((ago(31), ago(31)), (None, ago(60))):
        (row,) = found(CHAMPION, msgspec.structs.replace(TOPIC, last_scored=last))
        assert (row.cause, row.since, row.remedy) == (Cause.SILENT, since, Remedy.TRAFFIC)
    young = msgspec.structs.replace(CHAMPION, since=ago(29))
    assert found(young, msgspec.structs.replace(TOPIC, last_scored=None)) == []


def test_a_queue_that_nobody_reviews() -> None:
    for decided, since in ((ago(31), ago(31)), (None, ago(400))):
        (row,) = found(topic=msgspec.structs.replace(TOPIC, last_decided=decided))
        assert (row.cause, row.topic, row.model) == (Cause.NOT_REVIEWED, "weapons", "")
        assert (row.since, row.remedy) == (since, Remedy.REVIEW)
    new = msgspec.structs.replace(TOPIC, last_decided=None, first_alert=ago(29))
    silent = msgspec.structs.replace(TOPIC, last_decided=None, last_alert=ago(31))
    none = msgspec.structs.replace(TOPIC, last_decided=None, last_alert=None, first_alert=None)
    assert [found(topic=topic) for topic in (new, silent, none)] == [[], [], []]


def test_a_model_that_was_never_in_force() -> None:
    spare = [SpareModel(model=f"w-{i}", topic="w", registered=ago(i)) for i in (29, 40, 31)]
    rows = neglected([], [], spare, LIMITS, NOW)
    assert [(row.model, row.since, row.remedy) for row in rows] == [
        ("w-40", ago(40), Remedy.RETIRE),
        ("w-31", ago(31), Remedy.RETIRE),
    ]


def test_a_costly_champion() -> None:
    costly = CostlyModel(model="w-1", topic="w", since=ago(28), gain=-1.5, hours=1_234.0)
    (row,) = neglected([], [], [], LIMITS, NOW, [costly])
    assert (row.cause, row.model, row.slot) == (Cause.COSTLY, "w-1", Slot.CHAMPION)
    assert (row.about, row.since, row.remedy) == ("-1.5 / 1,234.0 h", ago(28), Remedy.RULES)


@pytest.mark.parametrize(
    ("kind", "deployment", "named", "causes"),
    [
        (AlarmKind.PRECISION_FELL, "", "weapons-1", {Cause.ALERTED: Remedy.ALARM}),
        (AlarmKind.LATENCY, "weapons-2", "weapons-2", {Cause.ALERTED: Remedy.ALARM}),
        (AlarmKind.LATENCY, "weapons-9", "weapons-9", {Cause.ALERTED: Remedy.ALARM}),
        (AlarmKind.DRIFT_OF_SCORES, "weapons-2", "weapons-2", {Cause.ALERTED: Remedy.ALARM}),
        (
            AlarmKind.DRIFT_OF_SCORES,
            "",
            "weapons-1",
            {Cause.ALERTED: Remedy.ALARM, Cause.SCORES_MOVED: Remedy.RETRAIN},
        ),
    ],
    ids=["its champion", "a shadow", "gone since", "scores of a shadow", "scores of the champion"],
)
def test_a_model_that_an_alarm_is_open_of(
    kind: AlarmKind, deployment: str, named: str, causes: dict[Cause, Remedy]
) -> None:
    alarm = OpenAlarm(number=7, kind=kind, topic="weapons", since=ago(2), deployment=deployment)
    rows = neglected([CHAMPION, SHADOW], [TOPIC], [], LIMITS, NOW, alarms=[alarm])
    assert {row.cause: row.remedy for row in rows} == causes
    assert {(row.model, row.since, row.alarm) for row in rows} == {(named, ago(2), alarm)}


def test_an_alarm_of_a_topic_with_rules_alone() -> None:
    alarm = OpenAlarm(number=7, kind=AlarmKind.TOO_MANY_ALERTS, topic="weapons", since=ago(2))
    (row,) = neglected([], [TOPIC], [], LIMITS, NOW, alarms=[alarm])
    assert (row.model, row.slot, row.cause) == ("", None, Cause.ALERTED)


def test_unused_comes_first_and_the_oldest_before_others() -> None:
    models = [
        msgspec.structs.replace(SHADOW, since=ago(50), labels_until=ago(300), policy=1),
        msgspec.structs.replace(CHAMPION, data_erased=ago(2)),
    ]
    spare = [SpareModel(model="w-40", topic="w", registered=ago(40))]
    rows = neglected(models, [TOPIC], spare, LIMITS, NOW)
    assert [row.cause for row in rows] == [
        Cause.FORGOTTEN,
        Cause.NEVER_IN_FORCE,
        Cause.LABELS_OLD,
        Cause.POLICY_CHANGED,
        Cause.DATA_ERASED,
    ]


@pytest.mark.parametrize("days", [0, -1, 3_651, "x", 1.5])
def test_limits_are_days(days: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"unused": days}, Limits)
