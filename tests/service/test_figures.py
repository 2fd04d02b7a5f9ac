"""Figures made beside requests: what is kept is what was made, and made again when it is due."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench.reads.fill import Size, fill, tend
from django.utils import timezone
from tests.acting import TESTS

from mimawari.detectors.rules import RuleSet
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.manifest import Manifest
from mimawari.service.admission.models import Alert
from mimawari.service.monitoring import figures
from mimawari.service.monitoring.models import KeptFigures
from mimawari.service.monitoring.quality import quality
from mimawari.service.releases import generations, suites
from mimawari.service.releases.activating import activate_topic_file, activate_topic_files
from mimawari.service.review.models import Decision, Verdict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
SIZE = Size(versions=300, alerts=200, sellers=5, trials=1, moderators=3, waiting=4)


def test_what_is_kept_is_what_was_made() -> None:
    fill(SIZE)
    made = quality("weapons", figures.DAYS)
    assert repr(figures.topic_quality("weapons").latest().value) == repr(made)
    assert not KeptFigures.objects.exists(), "a page keeps nothing by itself"
    tend()
    names = set(KeptFigures.objects.values_list("name", flat=True))
    assert names == {"prices", "quality weapons", "quality drugs", "worth", "overview"}
    assert repr(figures.topic_quality("weapons").latest().value) == repr(made)
    levels = figures.prices().latest().value.levels
    assert levels["JPY/Sports/Golf"].count == SIZE.versions // 4


def test_they_are_made_again_when_they_are_old_and_something_was_decided() -> None:
    fill(SIZE)
    tend()
    kept = {row.name: row.at for row in KeptFigures.objects.all()}
    later = timezone.now() + 2 * figures.SELDOM
    assert figures.refresh_next(later)  # prices follow listings, not decisions
    assert figures.refresh_next(later)  # the overview follows alerts too
    assert not figures.refresh_next(later)
    again = Decision.objects.latest("pk")
    alert = Alert.objects.filter(state="open").earliest("pk")
    Decision.objects.create(
        alert=alert,
        moderator_id=again.moderator_id,
        verdict=Verdict.VIOLATES,
        policy_version=1,
        generation_id=again.generation_id,
        decided_at=timezone.now(),
        seconds=1.0,
    )
    assert not figures.refresh_next(timezone.now()), "what is young stays"
    while figures.refresh_next(later):
        pass
    now = {row.name: row.at for row in KeptFigures.objects.all()}
    assert all(now[name] > at for name, at in kept.items())


def test_an_empty_store_has_nothing_to_keep_but_prices() -> None:
    tend()
    assert set(KeptFigures.objects.values_list("name", flat=True)) == {"prices"}
    assert figures.all_worths().latest().value == []


def test_an_explanation_needs_the_rules_of_its_topic_alone(
    topic_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[tuple[str, ...]] = []
    build_rules = generations.build_rules

    def build(manifest: Manifest, before: RuleSet | None = None) -> RuleSet:
        rules = build_rules(manifest, before)
        compiled.append(tuple(rules.topics))
        return rules

    monkeypatch.setattr(generations, "build_rules", build)
    suites._built.cache_clear()
    first = generations.current()
    assert first is not None
    batch = ListingBatch.of([Listing(id="1", version=1, seller_id="s", title="a pistol of weed")])
    told = suites.topic_suite(first, "weapons").explain(batch, 0, "weapons")
    assert told.rules == ("weapons/word",)
    assert compiled == [("weapons",)]
    activate_topic_file(topic_file("drugs", "hemp", 2), TESTS, "another topic changed")
    second = generations.current()
    assert second is not None
    assert suites.topic_suite(second, "weapons") is suites.topic_suite(first, "weapons")
    activate_topic_files([topic_file(word="sabre")], TESTS, "this one changed")
    third = generations.current()
    assert third is not None
    assert suites.topic_suite(third, "weapons").explain(batch, 0, "weapons").rules == ()
    assert compiled == [("weapons",), ("weapons",)]
