"""Alarms as they are opened, counted, acknowledged and resolved; and what the ledger says."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.acting import TESTS
from tests.service.audit.world import problems, recorded

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.records.alarm import (
    AlarmFigures,
    AlarmKind,
    AlarmSeverity,
    AlarmState,
    Condition,
    Occurrence,
)
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.alarms.changing import acknowledge, resolve
from mimawari.service.alarms.models import Alarm, Sighting
from mimawari.service.alarms.reading import alarms_of, hours_of, open_first
from mimawari.service.alarms.rules import QUIET
from mimawari.service.alarms.watching import absent, open_conditions, seen
from mimawari.service.platform import clock

pytestmark = pytest.mark.django_db(transaction=True)
LANGUAGE = Condition(AlarmKind.DRIFT_OF_INPUTS, stream="language: ja")
PRECISION = Condition(AlarmKind.PRECISION_FELL, topic="weapons")


def moved(condition: Condition = LANGUAGE, value: float = 0.55) -> Occurrence:
    figures = AlarmFigures(value=value, usual=0.45, low=0.44, high=0.46, number=1_200)
    return Occurrence(condition=condition, figures=figures)


def test_what_is_seen_again_is_one_alarm_whose_count_grows() -> None:
    now = clock.database_now()
    first = seen(moved(), now)
    second = seen(moved(value=0.6), now + timedelta(minutes=1))
    assert first.pk == second.pk
    (alarm,) = alarms_of()
    assert (alarm.times, alarm.state) == (2, AlarmState.OPENED)
    assert (alarm.figures.value, alarm.latest.value) == (0.55, 0.6)
    assert alarm.last_seen_at == now + timedelta(minutes=1)
    assert [event["kind"] for event in recorded()] == ["alarm_opened"]
    assert problems() == []


def test_each_condition_has_an_alarm_of_its_own() -> None:
    others = [
        Condition(AlarmKind.DRIFT_OF_INPUTS, stream="language: en"),
        Condition(AlarmKind.DRIFT_OF_SCORES, "weapons", "m1", "language: ja"),
        Condition(AlarmKind.DRIFT_OF_SCORES, "weapons", "m2", "language: ja"),
        # No two conditions are told apart by where one name ends alone.
        Condition(AlarmKind.DRIFT_OF_SCORES, "weaponsm2", "", "language: ja"),
    ]
    for condition in (LANGUAGE, *others):
        seen(moved(condition))
    assert Alarm.objects.count() == 5
    assert open_conditions(AlarmKind.DRIFT_OF_SCORES) == set(others[1:])


def test_after_it_was_resolved_an_occurrence_is_a_new_alarm() -> None:
    first = seen(moved())
    resolve(first.pk, TESTS, "the feed was mended")
    second = seen(moved())
    assert second.pk != first.pk
    assert [alarm.state for alarm in alarms_of()] == [AlarmState.OPENED, AlarmState.RESOLVED]
    kinds = [event["kind"] for event in recorded()]
    assert kinds == ["alarm_opened", "alarm_resolved", "alarm_opened"]
    assert resolve(first.pk, TESTS, "once more").pk == first.pk
    assert len(recorded()) == 3
    with pytest.raises(InvalidInputError, match="is resolved"):
        acknowledge(first.pk, TESTS, "late")


def test_what_is_absent_for_long_enough_is_resolved_by_the_system() -> None:
    now, quiet = clock.database_now(), QUIET[AlarmKind.DRIFT_OF_INPUTS]
    alarm = seen(moved(), now)
    minute = timedelta(minutes=1)
    assert absent(LANGUAGE, now + minute).state == AlarmState.OPENED
    seen(moved(), now + quiet)  # it came back: the time begins anew
    assert absent(LANGUAGE, now + quiet + minute).state == AlarmState.OPENED
    assert absent(LANGUAGE, now + 2 * quiet).state == AlarmState.OPENED
    assert absent(LANGUAGE, now + 2 * quiet + 2 * minute).state == AlarmState.RESOLVED
    assert absent(LANGUAGE, now + 3 * quiet) is None
    alarm.refresh_from_db()
    assert (alarm.actor, alarm.times) == ("system watch", 2)
    assert problems() == []


def test_a_clock_that_is_set_back_neither_loses_nor_resolves() -> None:
    now, day = clock.database_now(), timedelta(days=1)
    alarm = seen(moved(), now)
    seen(moved(), now - day)
    absent(LANGUAGE, now)
    assert absent(LANGUAGE, now - day).state == AlarmState.OPENED
    assert absent(LANGUAGE, now - day + timedelta(hours=1)).state == AlarmState.OPENED
    alarm.refresh_from_db()
    assert (alarm.times, alarm.last_seen_at) == (2, now)


def test_an_acknowledgement_ends_and_is_then_told_again() -> None:
    now, hour = clock.database_now(), timedelta(hours=1)
    alarm = seen(moved(), now)
    acknowledge(alarm.pk, TESTS, "the feed is looked at", now + hour)
    assert seen(moved(), now + hour / 2).state == AlarmState.ACKNOWLEDGED
    assert seen(moved(), now + hour).state == AlarmState.OPENED
    kinds = [event["kind"] for event in recorded()]
    assert kinds == ["alarm_opened", "alarm_acknowledged", "alarm_opened"]
    acknowledge(alarm.pk, TESTS, "for good")
    assert seen(moved(), now + 100 * hour).state == AlarmState.ACKNOWLEDGED
    assert problems() == []
    with pytest.raises(InvalidInputError, match="is over"):
        acknowledge(alarm.pk, TESTS, "too late", now)


def test_what_is_wrong_is_refused() -> None:
    alarm = seen(moved(PRECISION))
    for reason in ("", " ", "x" * 1_001, "a\0b"):
        with pytest.raises(InvalidInputError, match="reason"):
            resolve(alarm.pk, TESTS, reason)
    with pytest.raises(InvalidInputError, match="is unknown"):
        resolve(alarm.pk + 1, TESTS, "none")
    with pytest.raises(InvalidInputError, match="no numbers"):
        moved(value=float("inf"))
    with pytest.raises(InvalidInputError, match="letters"):
        moved(Condition(AlarmKind.LATENCY, stream="x" * 201))
    anna = principal_of(roles.add("anna", None, "moderator", TESTS))
    with pytest.raises(ForbiddenError):
        resolve(alarm.pk, anna, "mine")
    lea = principal_of(roles.add("lea", None, "lead", TESTS, topics=["drugs"]))
    with pytest.raises(ForbiddenError):
        acknowledge(alarm.pk, lea, "not hers")


def test_who_is_restricted_sees_alarms_of_these_topics_and_of_none() -> None:
    for condition in (LANGUAGE, PRECISION, Condition(AlarmKind.PRECISION_FELL, topic="drugs")):
        seen(moved(condition))
    assert {alarm.topic for alarm in alarms_of(["weapons"])} == {None, "weapons"}
    assert {alarm.topic for alarm in open_first(["drugs"])} == {None, "drugs"}


def test_open_ones_come_by_severity() -> None:
    for condition in (LANGUAGE, Condition(AlarmKind.SCORER_ERRORS), PRECISION):
        seen(moved(condition))
    severities = [alarm.severity for alarm in open_first(None)]
    assert severities == [AlarmSeverity.URGENT, AlarmSeverity.WARNING, AlarmSeverity.NOTICE]


def test_many_that_see_the_same_at_once_open_one_alarm() -> None:
    barrier, failures = threading.Barrier(4), []

    def look() -> None:
        try:
            barrier.wait()
            for _ in range(5):
                seen(moved())
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    (alarm,) = alarms_of()
    assert alarm.times == 20
    assert sum(hour.times for hour in hours_of(alarm.id)) == 20
    assert [event["kind"] for event in recorded()] == ["alarm_opened"]
    assert problems() == []


def test_the_database_keeps_alarms_as_they_were() -> None:
    alarm = seen(moved())
    resolve(alarm.pk, TESTS, "over")
    opened = seen(moved())
    with pytest.raises(Exception, match="append-only"):
        Alarm.objects.filter(pk=alarm.pk).update(note="nothing was")
    with pytest.raises(Exception, match="append-only"):
        Alarm.objects.filter(pk=opened.pk).update(severity="notice", kind="latency")
    with pytest.raises(Exception, match="append-only"):
        Sighting.objects.filter(alarm=opened).delete()
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM alarms_alarm")


def test_a_state_that_is_changed_by_hand_is_found() -> None:
    alarm = seen(moved())
    Alarm.objects.filter(pk=alarm.pk).update(state=AlarmState.ACKNOWLEDGED)
    assert any("alarms.Alarm" in problem for problem in problems())


def test_thousands_are_read_a_page_at_a_time(django_assert_max_num_queries: object) -> None:
    rows = [moved(Condition(AlarmKind.LATENCY, stream=f"s{i}")) for i in range(1_000)]
    for row in rows:
        seen(row)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        newest = alarms_of(most=50)
        older = alarms_of(most=50, before=newest[-1].id)
    assert len({alarm.id for alarm in (*newest, *older)}) == 100
