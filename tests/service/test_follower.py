"""A new generation is loaded beside the old one, and takes its place as a whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.acting import TESTS
from tests.service.conftest import listing

from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.records.manifest import Manifest
from mimawari.service.intake import log
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.models import RoleProcess
from mimawari.service.releases import generations
from mimawari.service.releases.activating import activate_precisions, activate_topic_file
from mimawari.service.releases.building import SuiteBuilder
from mimawari.service.releases.follower import SuiteFollower
from mimawari.service.scoring.models import Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]
WAIT_SECONDS = 60


def test_the_old_one_serves_while_the_new_one_is_built(
    topic_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = activate_topic_file(topic_file(capacity=3), TESTS, "why")
    swapped, building, go_on = threading.Event(), threading.Event(), threading.Event()
    follower = SuiteFollower(on_change=swapped.set)
    thread = threading.Thread(target=follower.run)
    thread.start()
    assert swapped.wait(WAIT_SECONDS)
    assert follower.number == first
    swapped.clear()
    build = SuiteBuilder.build

    def slow(self: SuiteBuilder, manifest: Manifest, number: int) -> Suite:
        building.set()
        assert go_on.wait(WAIT_SECONDS)
        return build(self, manifest, number)

    monkeypatch.setattr(SuiteBuilder, "build", slow)
    second = activate_topic_file(topic_file(word="bow", capacity=5), TESTS, "why")
    assert building.wait(WAIT_SECONDS)
    before = follower.loaded
    assert before is not None
    assert (before.number, before.suite.generation, before.manifest.capacities) == (
        first,
        first,
        {"weapons": 3},
    )
    go_on.set()
    assert swapped.wait(WAIT_SECONDS)
    after = follower.loaded
    assert after is not None
    assert (after.number, after.suite.generation, after.manifest.capacities) == (
        second,
        second,
        {"weapons": 5},
    )
    follower.stop()
    thread.join()


def test_no_score_is_under_two_manifests(topic_file: Make) -> None:
    first = activate_topic_file(topic_file(word="pistol"), TESTS, "why")
    follower = SuiteFollower()
    follower.refresh()
    scorer = Scorer(suites=follower)
    log.append([listing(1, "a pistol and a bow"), listing(2, "a bow")])
    score = Suite.score

    def swapped_meanwhile(self: Suite, *given: object) -> object:
        activate_topic_file(topic_file(word="bow"), TESTS, "why")
        follower.refresh()
        return score(self, *given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suite, "score", swapped_meanwhile)
        # The follower tries each suite once, which must not come back here.
        patch.setattr("mimawari.service.releases.building._try", lambda _suite: None)
        assert scorer.score_batch() == 2
    rows = Score.objects.order_by("listing_version_id").values_list("generation_id", "rule_hits")
    assert list(rows) == [(first, ["weapons/word"]), (first, [])]
    assert follower.number == first + 1
    log.append([listing(3, "a bow")])
    scorer.score_batch()
    newest = Score.objects.latest("listing_version_id")
    assert (newest.generation_id, newest.rule_hits) == (first + 1, ["weapons/word"])


def test_one_that_does_not_build_leaves_the_old_one_in_force(
    topic_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = activate_topic_file(topic_file(), TESTS, "why")
    follower = SuiteFollower()
    follower.refresh()
    activate_topic_file(topic_file(word="bow"), TESTS, "why")

    def broken(_manifest: Manifest) -> RuleSet:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(generations, "build_rules", broken)
        follower._try()
    assert follower.number == first
    assert follower.problem.startswith("the newest generation could not be loaded")
    follower._try()
    assert (follower.number, follower.problem) == (first + 1, "")


def test_only_what_changed_is_loaded_anew(topic_file: Make) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    follower = SuiteFollower()
    follower.refresh()
    assert follower.suite is not None
    before = follower.suite.rules
    manifest = generations.current().manifest  # type: ignore[union-attr]
    generations.advance(manifest, TESTS, "nothing changed")
    follower.refresh()
    assert follower.suite.rules is before
    activate_precisions({"weapons/word": 0.5}, TESTS, "measured")
    follower.refresh()
    assert follower.suite.rules is not before
    assert follower.suite.rules is not None
    assert (
        follower.suite.rules.version
        == generations.build_rules(
            generations.current().manifest  # type: ignore[union-attr]
        ).version
    )


def test_the_heartbeat_tells_of_a_new_generation(topic_file: Make) -> None:
    follower = SuiteFollower()
    heartbeat = Heartbeat("scorer", lambda: follower.number)
    follower.on_change = heartbeat.wake.set
    heartbeat.turn()
    assert RoleProcess.objects.get().generation is None
    number = activate_topic_file(topic_file(), TESTS, "why")
    follower.refresh()
    assert heartbeat.wake.is_set()
    heartbeat.turn()
    assert RoleProcess.objects.get().generation == number
