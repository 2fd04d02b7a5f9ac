"""Which version scored a topic at a time: held against reading every generation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.acting import TESTS

from mimawari.cli.main import main
from mimawari.records.deployment import Deployment, Slot
from mimawari.records.manifest import Manifest, TopicEntry
from mimawari.records.topic_change import topic_changes
from mimawari.service.releases import generations
from mimawari.service.releases.models import Generation, TopicChange
from mimawari.service.releases.versions import version_at, versions

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MODELS = st.sampled_from([None, "weapons-1", "weapons-2"])
SHADOW = Deployment(model="weapons-9", slot=Slot.SHADOW)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Draw what may be in force."""
    topics = {}
    for topic in draw(st.sets(st.sampled_from(["weapons", "drugs"]))):
        entry = TopicEntry(
            topic_file=draw(st.integers(1, 2)),
            sha256="",
            capacity=draw(st.integers(1, 2)),
            trial=draw(st.none() | st.just(7)),
        ).with_champion(draw(MODELS))
        topics[topic] = entry.with_beside(SHADOW) if draw(st.booleans()) else entry
    return Manifest(
        topics=topics,
        rule_precisions=draw(st.sampled_from([{}, {"weapons/word": 0.5}, {"drugs/word": 0.5}])),
        readings=draw(st.sampled_from([None, "ours"])),
    )


def seen(manifest: Manifest, topic: str) -> object:
    """Give all that counts for a topic; the naive way to tell whether something changed."""
    entry = manifest.topics.get(topic)
    if entry is None:
        return None
    own = {k: v for k, v in manifest.rule_precisions.items() if k.startswith(f"{topic}/")}
    return entry, own, manifest.readings, manifest.banks


@given(manifests(), manifests())
def test_a_change_is_named_exactly_where_there_is_one(before: Manifest, after: Manifest) -> None:
    changed = {t for t in ("weapons", "drugs") if seen(before, t) != seen(after, t)}
    assert topic_changes(before, after).keys() == changed
    assert all(topic_changes(before, after).values())
    assert topic_changes(after, after) == {}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], datetime]:
    """Give a function that lets a minute pass."""
    now = START

    def go() -> datetime:
        nonlocal now
        now += timedelta(minutes=1)
        return now

    monkeypatch.setattr(timezone, "now", lambda: now)
    return go


def drawn(count: int) -> list[Manifest]:
    """Give manifests, the same ones always."""
    made, models = [], ("weapons-1", None, "weapons-2")
    for i in range(count):
        entry = TopicEntry(topic_file=1 + i // 4, sha256="", capacity=5)
        topics = {"weapons": entry.with_champion(models[i % 3])}
        if i % 5:
            topics["drugs"] = TopicEntry(topic_file=1, sha256="", capacity=5)
        made.append(Manifest(topics=topics))
    return made


@pytest.mark.django_db(transaction=True)
def test_every_minute_is_answered_as_reading_all_generations_would(
    clock: Callable[[], datetime],
) -> None:
    for i, manifest in enumerate(drawn(20)):
        generations.advance(manifest, TESTS, f"step {i}")
        clock()
    for minute in range(-1, 22):
        at = START + timedelta(minutes=minute, seconds=30)
        newest = Generation.objects.filter(created_at__lte=at).order_by("-pk").first()
        for topic in ("weapons", "drugs"):
            version = version_at(topic, at)
            entry = newest.manifest.topics.get(topic) if newest else None
            if version is None:
                assert entry is None
                continue
            assert (version.topic_file, version.champion) == (
                (entry.topic_file, entry.champion) if entry else (None, None)
            )
            assert version.since <= at
            assert version.until is None or version.until > at
    listed = versions("weapons")
    assert [v.reason for v in listed][-1] == "step 0"
    assert all(a.since == b.until for a, b in pairwise(listed))
    assert versions("weapons", before=listed[3].generation) == listed[4:]


@pytest.mark.django_db(transaction=True)
def test_generations_of_a_program_that_notes_nothing_are_noted_by_the_next(
    clock: Callable[[], datetime],
) -> None:
    first, second, third, fourth = drawn(4)
    generations.advance(first, TESTS, "noted")
    for manifest in (second, third):
        clock()
        Generation.objects.create(
            manifest=manifest, created_at=timezone.now(), actor="older", reason="in a rollout"
        )
    clock()
    generations.advance(fourth, TESTS, "noted again", {"trial": 3})
    told = [(v.reason, v.evidence) for v in versions("weapons")]
    assert told == [
        ("noted again", {"trial": 3}),
        ("in a rollout", {}),
        ("in a rollout", {}),
        ("noted", {}),
    ]


@pytest.mark.django_db(transaction=True)
def test_one_answer_takes_the_same_queries_however_many_generations(
    clock: Callable[[], datetime],
) -> None:
    counts = []
    for manifest in drawn(40):
        generations.advance(manifest, TESTS, "why")
        clock()
        with CaptureQueriesContext(connection) as asked:
            version_at("weapons", timezone.now())
        counts.append(len(asked))
    assert set(counts) == {2}


@pytest.mark.django_db(transaction=True)
def test_nobody_changes_what_was_noted(generation: int) -> None:
    for change in (
        lambda: TopicChange.objects.update(topic="drugs"),
        lambda: TopicChange.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_as_typed(
    generation: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    topic_file: Callable[..., Path],
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["mimawari", "models", *words])
        with pytest.raises(SystemExit):
            main()
        printed = capsys.readouterr()
        return printed.out + printed.err

    printed = run("when", "weapons")
    assert f"generation {generation}," in printed
    assert "champion: none, rules alone" in printed
    assert "changed then: topic_file" in printed
    assert "by tests: set-up" in printed
    assert "nothing was in force for it at 2001-01-01" in run("when", "weapons", "2001-01-01")
    assert "rules alone" in run("history", "weapons")
