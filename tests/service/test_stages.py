"""A model's way to production: through its gates, or past them by name; and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.acting import TESTS
from tests.releasing import register_validated
from tests.small_model import small_model

from mimawari.errors import InvalidInputError
from mimawari.evaluation.gates import Stage, default_text
from mimawari.records.measured import Figure, Measured, Source
from mimawari.records.principal import Principal
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.permissions import Role
from mimawari.service.audit.models import Event
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.releases import gates, generations
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.approving import approve, open_requests, refuse
from mimawari.service.releases.going_back import retire, roll_back
from mimawari.service.releases.models import (
    GateFile,
    Measurement,
    Release,
    ReleaseAnswer,
    ReleaseRequest,
)
from mimawari.service.releases.stages import Wish, enter, note_stage
from mimawari.service.releases.versions import version_at

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]
TWO_PERSONS = default_text() + "\n[topics.weapons.stages.champion]\npersons = 2\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("models") / "first", "linear")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("models") / "second", "tfidf")


@pytest.fixture
def topic(topic_file: Make) -> None:
    activate_topic_file(topic_file(), TESTS, "set-up")


@pytest.fixture
def version(topic: None, first: Path) -> str:
    """Give a model that passed its validation."""
    return register_validated(first, TESTS)


def person(name: str) -> Principal:
    user = User.objects.create_user(name)
    from django.contrib.auth.models import Group

    user.groups.add(Group.objects.get_or_create(name=Role.ML_ENGINEER.value)[0])
    return principal_of(user)


def won(version: str, measure: str = "experiment", value: float = 1.0, against: str = "") -> None:
    """Keep a trial's outcome, as its end does."""
    figure = Figure(measure=measure, value=value, against=against)
    with transaction.atomic():
        gates.keep_measured(version, Measured(source=Source.TRIAL, figures=(figure,)), TESTS)
        note_stage(version, "weapons", Stage(measure), TESTS, "trial 1")


def wish(version: str, stage: Stage, **other: object) -> Wish:
    return Wish(model=version, stage=stage, reason="it is time", **other)  # type: ignore[arg-type]


def serving() -> str | None:
    return generations.topics_in_force()["weapons"].champion


def refused(version: str, stage: Stage) -> list[str]:
    with pytest.raises(InvalidInputError) as raised:
        enter(wish(version, stage), TESTS)
    return [str(problem) for problem in raised.value.problems]


def test_the_paved_way_from_trained_to_champion_is_on_record(version: str) -> None:
    shadow = enter(wish(version, Stage.SHADOW), TESTS)
    assert isinstance(shadow, Release)
    won(version)
    champion = enter(wish(version, Stage.CHAMPION), TESTS)
    assert isinstance(champion, Release)
    assert serving() == version
    stages = list(Release.objects.order_by("pk").values_list("stage", "override"))
    assert stages == [(s, "") for s in ("validated", "shadow", "experiment", "champion")]
    assert champion.generation_id == generations.current().number
    said = {finding["statement"] for finding in champion.findings}
    assert {"validated", "experiment", "experiment is 1, at least 1 is asked"} <= said
    kinds = Event.objects.filter(kind="release").order_by("pk").values_list("subject", flat=True)
    assert list(kinds) == [str(row.pk) for row in Release.objects.order_by("pk")]
    at = version_at("weapons", champion.at)
    assert at is not None
    assert at.champion == version


def test_each_gate_that_does_not_hold_is_named_with_the_remedy(topic: None, first: Path) -> None:
    bare = register_model(first, TESTS)
    before = generations.current().number
    problems = refused(bare, Stage.CHAMPION)
    assert problems[0] == "champion.after: has not been validated; mimawari models validate"
    assert any("has not been backtested; mimawari backtest start" in p for p in problems)
    assert "--override WHY" in problems[-1]
    assert generations.current().number == before
    assert not Release.objects.exists()


def test_an_override_names_who_and_why_and_what_did_not_hold(topic: None, first: Path) -> None:
    bare = register_model(first, TESTS)
    release = enter(wish(bare, Stage.SHADOW, override="an incident"), person("ann"))
    assert isinstance(release, Release)
    assert (release.actor, release.override) == ("ann", "an incident")
    assert [f["passed"] for f in release.findings] == [False]
    # What comes after counts it as reached, by her name.
    problems = refused(bare, Stage.CANARY)
    assert not any("was no shadow" in problem for problem in problems)


def test_an_override_that_was_not_needed_is_none(version: str) -> None:
    release = enter(wish(version, Stage.SHADOW, override="to be sure"), TESTS)
    assert isinstance(release, Release)
    assert release.override == ""


def test_a_failed_validation_closes_the_way_again(version: str) -> None:
    broken = Figure(measure="golden_scores", value=0.2)
    gates.keep_measured(version, Measured(source=Source.VALIDATION, figures=(broken,)), TESTS)
    assert any(
        "golden_scores is 0.2, at most 0 is asked" in p for p in refused(version, Stage.SHADOW)
    )


def test_evidence_against_an_earlier_champion_does_not_promote(version: str, second: Path) -> None:
    won(version)
    activate_model(second, TESTS, "meanwhile")
    (said, *_) = refused(version, Stage.CHAMPION)
    assert "experiment was measured against the rules alone" in said


def test_an_activation_is_an_override_on_record(topic: None, first: Path) -> None:
    activate_model(first, TESTS, "the first day")
    (release,) = Release.objects.all()
    assert (release.stage, release.override) == ("champion", "the first day")
    assert Event.objects.filter(kind="activation").count() == 1


def test_two_persons_where_the_gate_file_says_so(version: str) -> None:
    ann, ben = person("ann"), person("ben")
    gates.activate_gates(TWO_PERSONS, "gates.toml", TESTS, "four eyes")
    request = enter(wish(version, Stage.CHAMPION), ann)
    assert isinstance(request, ReleaseRequest)
    assert serving() is None
    with pytest.raises(InvalidInputError, match="is your own"):
        approve(request.pk, ann, "sure")
    assert [row.pk for row in open_requests()] == [request.pk]
    release = approve(request.pk, ben, "looked at it")
    assert serving() == version
    assert (release.actor, release.request_id) == ("ben", request.pk)
    assert open_requests() == []
    with pytest.raises(InvalidInputError, match="was approved by ben"):
        approve(request.pk, ben, "again")


def test_what_held_when_it_was_asked_is_asked_again(version: str) -> None:
    policy = (
        default_text() + "\n[topics.weapons.stages.shadow]\nafter = ['validated']\npersons = 2\n"
    )
    gates.activate_gates(policy, "gates.toml", TESTS, "four eyes")
    request = enter(wish(version, Stage.SHADOW), person("ann"))
    broken = Figure(measure="golden_scores", value=0.2)
    gates.keep_measured(version, Measured(source=Source.VALIDATION, figures=(broken,)), TESTS)
    with pytest.raises(InvalidInputError, match=r"golden_scores is 0\.2"):
        approve(request.pk, person("ben"), "looked at it")
    assert not ReleaseAnswer.objects.exists()
    answer = refuse(request.pk, person("eve"), "its scores are off")
    assert not answer.approved


def test_alone_nobody_activates_past_two_persons(topic: None, first: Path) -> None:
    gates.activate_gates(TWO_PERSONS, "gates.toml", TESTS, "four eyes")
    with pytest.raises(InvalidInputError, match="champion needs two persons"):
        activate_model(first, TESTS, "at once")
    assert not Release.objects.exists()
    assert serving() is None


def test_the_way_back_needs_no_gate(topic: None, first: Path, second: Path) -> None:
    activate_model(first, TESTS, "one")
    old = serving()
    activate_model(second, TESTS, "two")
    release = roll_back("weapons", TESTS, "alerts doubled")
    assert serving() == old
    assert (release.model, release.back) == (old, True)
    assert roll_back("weapons", TESTS, "no model at all", "").model == ""
    assert serving() is None
    with pytest.raises(InvalidInputError, match="has rules alone"):
        roll_back("weapons", TESTS, "again", "")


def test_going_back_twice_goes_two_steps_back(topic: None, first: Path, second: Path) -> None:
    activate_model(first, TESTS, "one")
    old = serving()
    activate_model(second, TESTS, "two")
    roll_back("weapons", TESTS, "alerts doubled")
    assert serving() == old
    assert roll_back("weapons", TESTS, "no better").model == "", "not the one just left"
    activate_model(second, TESTS, "mended")
    assert roll_back("weapons", TESTS, "it was not").model == ""


def test_a_gate_file_of_a_later_version_stops_no_way_back(topic: None, first: Path) -> None:
    activate_model(first, TESTS, "one")
    GateFile.objects.create(
        text="[stages.orbit]", sha256="0" * 64, at=timezone.now(), actor="eve", reason="later"
    )
    with pytest.raises(InvalidInputError, match="is no stage"):
        gates.gates_in_force()
    release = roll_back("weapons", TESTS, "alerts doubled")
    assert release.gates == gates.text_in_force().sha256
    assert serving() is None


def test_a_model_that_was_damaged_since_it_was_asked_for_is_not_approved(version: str) -> None:
    gates.activate_gates(TWO_PERSONS, "gates.toml", TESTS, "four eyes")
    request = enter(wish(version, Stage.CHAMPION), person("ann"))
    (artifacts().folder(f"models/{version}") / "weights.npz").write_bytes(b"")
    with pytest.raises(InvalidInputError, match="has changed since it was trained"):
        approve(request.pk, person("ben"), "looked at it")
    assert serving() is None
    assert not ReleaseAnswer.objects.exists()


def test_the_way_back_is_no_way_around_the_gates(version: str, second: Path) -> None:
    activate_model(second, TESTS, "two")
    with pytest.raises(InvalidInputError, match="never served weapons"):
        roll_back("weapons", TESTS, "a short cut", version)


def test_nothing_to_go_back_to_is_said(topic: None) -> None:
    with pytest.raises(InvalidInputError, match="nothing else served 'weapons'"):
        roll_back("weapons", TESTS, "why")


def test_a_retired_model_stays_retired(version: str, second: Path) -> None:
    won(version)
    retire(version, TESTS, "superseded")
    assert "is retired" in refused(version, Stage.CHAMPION)[0]
    with pytest.raises(InvalidInputError, match="is retired"):
        enter(wish(version, Stage.CHAMPION, override="please"), TESTS)
    with pytest.raises(InvalidInputError, match="is retired"):
        retire(version, TESTS, "again")
    activate_model(second, TESTS, "in force")
    in_force = serving()
    assert in_force is not None
    with pytest.raises(InvalidInputError, match="is the champion"):
        retire(in_force, TESTS, "too early")


def test_a_retired_champion_is_not_gone_back_to(topic: None, first: Path, second: Path) -> None:
    activate_model(first, TESTS, "one")
    old = serving()
    assert old is not None
    activate_model(second, TESTS, "two")
    retire(old, TESTS, "it was bad")
    assert roll_back("weapons", TESTS, "alerts doubled").model == ""


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage.TRAINED, "every registered model is"),
        (Stage.BACKTESTED, "a back-test that ends with promote"),
        (Stage.EXPERIMENT, "an experiment that ends with promote"),
        (Stage.RETIRED, "mimawari models retire"),
    ],
)
def test_stages_that_are_not_entered_by_hand_say_how(version: str, stage: Stage, said: str) -> None:
    assert said in refused(version, stage)[0]


def test_unknown_models_and_topics_are_named(topic: None) -> None:
    assert "is not registered" in refused("weapons-000000000000", Stage.SHADOW)[0]


def test_a_model_without_right_to_it_is_refused(version: str) -> None:
    nobody = principal_of(User.objects.create_user("mo"))
    with pytest.raises(InvalidInputError, match="lacks"):
        enter(wish(version, Stage.SHADOW), nobody)
    with pytest.raises(InvalidInputError, match="lacks"):
        roll_back("weapons", nobody, "why")
    with pytest.raises(InvalidInputError, match="lacks"):
        retire(version, nobody, "why")
    with pytest.raises(InvalidInputError, match="lacks"):
        gates.activate_gates(default_text(), "gates.toml", nobody, "why")


def test_a_wrong_gate_file_changes_nothing(topic: None) -> None:
    with pytest.raises(InvalidInputError, match="is no stage"):
        gates.activate_gates("[stages.shaddow]", "gates.toml", TESTS, "why")
    assert not GateFile.objects.exists()
    assert gates.text_in_force().text == default_text()


@pytest.mark.parametrize("table", [Measurement, GateFile, Release, ReleaseRequest, ReleaseAnswer])
def test_what_was_recorded_cannot_be_changed(version: str, table: type[Release]) -> None:
    gates.activate_gates(TWO_PERSONS, "gates.toml", TESTS, "four eyes")
    request = enter(wish(version, Stage.CHAMPION), person("ann"))
    refuse(request.pk, person("ben"), "not yet")
    assert table.objects.exists()
    for change in (
        f"UPDATE {table._meta.db_table} SET id = id + 1000",
        f"DELETE FROM {table._meta.db_table}",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)
