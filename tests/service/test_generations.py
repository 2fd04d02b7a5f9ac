"""Generations: numbers only grow, and what is wrong never comes into force."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.acting import TESTS
from tests.releasing import deploy
from tests.service.audit.world import problems, recorded
from tests.service.working import work
from tests.small_model import word_artifact

from mimawari.detectors import sealed
from mimawari.detectors.gbdt import artifact
from mimawari.errors import InvalidInputError, MimawariError
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import Readings, use_readings
from mimawari.records.deployment import Slot
from mimawari.service.api.check import check_listing
from mimawari.service.audit.models import Event
from mimawari.service.catalogue.artifacts import ArtifactStore, artifacts
from mimawari.service.catalogue.models import ModelVersion, TopicFileVersion
from mimawari.service.intake import log
from mimawari.service.platform.running import state_of
from mimawari.service.project import checks
from mimawari.service.releases import follower, generations
from mimawari.service.releases.activating import (
    activate_topic_file,
    activate_topic_files,
    note_readings,
    register_model,
)
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.follower import SuiteFollower
from mimawari.service.releases.models import Generation
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.models import Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]


@pytest.fixture(scope="module")
def made() -> artifact.Artifact:
    """Train a small model of the topic weapons."""
    return word_artifact()


@pytest.fixture(scope="module")
def trained(made: artifact.Artifact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the model's folder."""
    folder = tmp_path_factory.mktemp("models") / "weapons"
    artifact.save(made, folder)
    return folder


def counts() -> tuple[int, int, int, int]:
    models = (Generation, TopicFileVersion, ModelVersion, Event)
    return tuple(m.objects.count() for m in models)  # type: ignore[return-value]


def test_numbers_only_grow(topic_file: Make) -> None:
    numbers = [activate_topic_file(topic_file(word=w), TESTS, "why") for w in ("a1", "b1", "a1")]
    assert numbers == sorted(set(numbers))
    newest = generations.current()
    assert newest is not None
    assert newest.number == numbers[-1]
    assert (newest.actor, newest.reason) == ("tests", "why")
    versions = TopicFileVersion.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == [1, 2, 3]


def test_the_same_text_is_stored_once(topic_file: Make) -> None:
    first = activate_topic_file(topic_file(), TESTS, "why")
    assert activate_topic_file(topic_file(), TESTS, "again") > first
    assert TopicFileVersion.objects.count() == 1


def test_a_bad_file_among_good_ones_changes_nothing(topic_file: Make, tmp_path: Path) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    before = counts()
    broken = tmp_path / "broken.toml"
    failing = topic_file("drugs", "weed")
    failing.write_text(failing.read_text("utf-8").replace('"a weed"', '"a rose"'), "utf-8")
    for text in ("topic = ", "topic = 'x'", 'topic = "broken"\nunknown = 1\n'):
        broken.write_text(text, "utf-8")
        with pytest.raises(MimawariError):
            activate_topic_files([topic_file("tickets", "ticket"), broken], TESTS, "why")
    with pytest.raises(MimawariError, match="examples"):
        activate_topic_files([topic_file("tickets", "ticket"), failing], TESTS, "why")
    with pytest.raises(MimawariError):
        activate_topic_files([tmp_path / "missing.toml"], TESTS, "why")
    assert counts() == before


def test_a_model_without_topic_file_is_refused(trained: Path, topic_file: Make) -> None:
    activate_topic_file(topic_file("drugs", "weed"), TESTS, "why")
    before = counts()
    with pytest.raises(MimawariError, match="no topic file"):
        activate_model(trained, TESTS, "why")
    assert counts() == before


def test_a_registered_model_scores_nothing(trained: Path, topic_file: Make) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    newest = generations.current()
    version = register_model(trained, TESTS)
    assert register_model(trained, TESTS) == version, "twice is harmless"
    assert generations.current() == newest
    stored = ModelVersion.objects.get()
    assert (stored.id, stored.topic) == (version, "weapons")
    assert [e["subject"] for e in recorded("model")] == [version]


def test_a_candidate_without_topic_file_is_refused(trained: Path, topic_file: Make) -> None:
    activate_topic_file(topic_file("drugs", "weed"), TESTS, "why")
    before = counts()
    with pytest.raises(MimawariError, match="no topic file"):
        register_model(trained, TESTS)
    assert counts() == before


def copy_with_a_change(source: Path, target: Path, name: str) -> Path:
    """Copy a model's folder, one bit of one file flipped."""
    shutil.copytree(source, target)
    data = bytearray((target / name).read_bytes()) or bytearray(b"\x00")
    data[len(data) // 2] ^= 1
    (target / name).write_bytes(data)
    return target


@pytest.mark.parametrize("name", artifact.FILES)
def test_a_model_with_one_byte_changed_is_refused(
    name: str, trained: Path, topic_file: Make, tmp_path: Path
) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    before = counts()
    changed = copy_with_a_change(trained, tmp_path / "copy", name)
    with pytest.raises(MimawariError, match=name):
        activate_model(changed, TESTS, "why")
    assert counts() == before


def test_a_model_that_loads_and_gives_no_scores_is_refused_before_it_is_in_force(
    made: artifact.Artifact, trained: Path, topic_file: Make, tmp_path: Path
) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    weights = np.full_like(made.text.weights, np.nan)
    broken = replace(made, text=replace(made.text, weights=weights))
    artifact.save(broken, tmp_path / "broken")
    version = register_model(tmp_path / "broken", TESTS)
    before = counts()
    said = rf"model: {version} gives no scores: .* not a number; train it again"
    with pytest.raises(InvalidInputError, match=said):
        activate_model(tmp_path / "broken", TESTS, "why")
    with pytest.raises(InvalidInputError, match=said):
        deploy(version, Slot.CHAMPION, TESTS, "why")
    with pytest.raises(InvalidInputError, match=said):
        deploy(version, Slot.SHADOW, TESTS, "why")
    assert counts() == before
    assert activate_model(trained, TESTS, "why")


@pytest.mark.parametrize("name", [*artifact.FILES, sealed.MANIFEST])
def test_a_registered_model_that_changed_is_never_served_and_stops_nothing(
    name: str, trained: Path, topic_file: Make, tmp_path: Path
) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    activate_model(trained, TESTS, "why")
    kept = artifacts().folder(f"models/{ModelVersion.objects.get().id}")
    changed = copy_with_a_change(trained, tmp_path / "copy", name)
    shutil.copytree(changed, kept, dirs_exist_ok=True)
    newest = generations.current()
    assert newest is not None
    loaded = generations.load_models(newest.manifest)
    problems = loaded.problems
    assert (loaded.champions, list(problems)) == ([], ["weapons"])
    assert problems["weapons"].remedy
    (told,) = checks.problems()
    assert told == problems["weapons"]
    log.append([Listing(id="1", version=1, seller_id="s", title="a pistol")])
    worker = Scorer()
    assert work(scorer=worker) == 1
    assert worker.suite is not None
    assert list(worker.suite.absent) == ["weapons"]
    score = Score.objects.get()
    assert score.rule_hits == ["weapons/word"]
    assert np.isnan(np.frombuffer(bytes(score.model_scores), "<f4")).all()
    history = history_of("1")
    assert history is not None
    assert history.versions[0].score is not None
    assert history.versions[0].score.topics["weapons"].model is None
    checked = check_listing(worker.suite, Listing(id="d", version=1, seller_id="s", title="pistol"))
    assert checked.topics[0].rules == ["weapons/word"]
    assert "mimawari check" in checked.failures["weapons"]


def test_a_model_scores_from_its_generation_on(trained: Path, topic_file: Make) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    worker = Scorer()
    log.append([Listing(id="1", version=1, seller_id="s", title="a sabre")])
    worker.score_batch()
    number = activate_model(trained, TESTS, "better")
    log.append([Listing(id="2", version=1, seller_id="s", title="a sabre")])
    worker.score_batch()
    older, newer = Score.objects.order_by("listing_version_id")
    assert newer.generation_id == number > older.generation_id
    assert not older.model_scores, "no model was deployed"
    assert np.frombuffer(bytes(newer.model_scores), "<f4")[0] > 0.5
    kinds = [entry["kind"] for entry in recorded()]
    assert kinds == [
        *("topic_file", "generation", "model"),
        *("generation", "activation", "release"),
    ]
    # A new text of the policy keeps the model.
    activate_topic_file(topic_file(word="bow"), TESTS, "more")
    newest = generations.current()
    assert newest is not None
    assert newest.manifest.topics["weapons"].champion


def test_readings_of_the_operator_are_a_generation(topic_file: Make) -> None:
    assert note_readings(TESTS) is None
    first = activate_topic_file(topic_file(word="acme"), TESTS, "why")
    assert note_readings(TESTS) is None
    before = generations.build_rules(generations.current().manifest).version  # type: ignore[union-attr]
    try:
        use_readings(Readings.of({"acme": ["アクメ"]}))
        assert note_readings(TESTS) == first + 1
        assert note_readings(TESTS) is None
        log.append([Listing(id="1", version=1, seller_id="s", title="新品 アクメ")])
        worker = Scorer()
        worker.score_batch()
        assert Score.objects.get().rule_hits == ["weapons/word"]
        assert worker.suite is not None
        assert worker.suite.rules is not None
        assert worker.suite.rules.version != before
    finally:
        use_readings(None)
    assert note_readings(TESTS) == first + 2
    assert problems() == []


def test_a_model_gone_bad_later_is_told(trained: Path, topic_file: Make) -> None:
    activate_topic_file(topic_file(), TESTS, "why")
    activate_model(trained, TESTS, "why")
    newest = generations.current()
    assert newest is not None
    shutil.rmtree(artifacts().folder(f"models/{ModelVersion.objects.get().id}"))
    problems = generations.load_models(newest.manifest).problems
    assert "is not in" in str(problems["weapons"])


def test_a_store_that_is_away_when_a_generation_is_loaded(
    trained: Path, topic_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The topic goes on by its rules, that is said, and the model joins once the store is back."""
    activate_topic_file(topic_file(), TESTS, "why")
    number = activate_model(trained, TESTS, "why")
    monkeypatch.setattr(follower, "LOOK_SECONDS", 0.0)
    suites = SuiteFollower()
    with monkeypatch.context() as away:

        def refuse(*_: object) -> Path:
            raise ConnectionError("no route to the store")

        away.setattr(ArtifactStore, "folder", refuse)
        for _ in range(2):
            suites._try()
        assert suites.number == number
        assert state_of([suites]) == "without weapons"
        log.append([Listing(id="1", version=1, seller_id="s", title="a pistol")])
        scorer = Scorer(suites=suites)
        work(scorer=scorer)
    suites._try()
    assert (suites.number, state_of([suites])) == (number, "")
    log.append([Listing(id="2", version=1, seller_id="s", title="a sabre")])
    work(scorer=scorer)
    by_rules, by_model = Score.objects.order_by("listing_version_id")
    assert np.isnan(np.frombuffer(bytes(by_rules.model_scores), "<f4")).all()
    assert not np.isnan(np.frombuffer(bytes(by_model.model_scores), "<f4")).any()
    assert {by_rules.generation_id, by_model.generation_id} == {number}
