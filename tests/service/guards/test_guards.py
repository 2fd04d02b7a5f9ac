"""Models in force are watched, and a topic goes back by itself where one fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from numpy.typing import NDArray
from tests.acting import TESTS
from tests.releasing import deploy, register_validated
from tests.service.audit.world import problems
from tests.service.working import work_off
from tests.small_model import small_model
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.loading import Model
from mimawari.evaluation.gates import default_text
from mimawari.evaluation.guards.judge import GuardName
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.alarm import AlarmKind
from mimawari.records.deployment import Slot
from mimawari.service.accounts import roles
from mimawari.service.alarms.models import Alarm
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.guards import job
from mimawari.service.guards.job import GuardKeeper
from mimawari.service.guards.models import Guard, GuardBreach, GuardCounts
from mimawari.service.guards.reading import guards_of
from mimawari.service.intake import log
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.leases import HeldLease, LeaseLostError
from mimawari.service.releases import gates, generations
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.going_back import roll_back
from mimawari.service.releases.golden_checks import check_golden
from mimawari.service.releases.models import GoldenCheck, Release, TopicChange
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]
# Sellers who share a bit with another are passed over.
SHARED_BITS = 6


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    return small_model(folder / "old", "linear"), small_model(folder / "new", "tfidf")


@pytest.fixture
def old(topic_file: Make, folders: tuple[Path, Path]) -> str:
    """Give a champion that scored listings of 1,500 sellers."""
    activate_topic_file(topic_file(), TESTS, "set-up")
    version = register_validated(folders[0], TESTS)
    deploy(version, Slot.CHAMPION, TESTS, "the first")
    arrive(1_500)
    return version


@pytest.fixture
def new(old: str, folders: tuple[Path, Path]) -> str:
    """Give a second model that passed its validation."""
    return register_validated(folders[1], TESTS)


@pytest.fixture
def keeper() -> Iterator[GuardKeeper]:
    lease = HeldLease("keeper")
    assert lease.take()
    yield GuardKeeper(lease)
    lease.release()


def arrive(count: int, first: int = 0, seller: str = "", title: str = "") -> None:
    """Take listings in, each of another seller where none is named, and score them."""
    draw = np.random.default_rng(first)
    words = ["cup", "book", "lamp", "shoe", "coat", "desk", "vase", "bowl"]
    log.append(
        [
            Listing(
                id=f"L{number}",
                version=1,
                seller_id=seller or f"seller {number}",
                title=title or " ".join(draw.choice(words, 4)),
            )
            for number in range(first, first + count)
        ]
    )
    work_off()


def minutes(keeper: GuardKeeper, count: int = 6, **given: str) -> None:
    """Let minutes pass, each with forty sellers, and look after each."""
    for minute in range(count):
        arrive(40, 1_500 + 40 * minute, **given)
        keeper.work()


def champion() -> str | None:
    return generations.topics_in_force()["weapons"].champion


def counts_of(model: str) -> GuardCounts:
    return GuardCounts.objects.select_related("guard").get(guard__model=model)


def lose(version: str) -> None:
    """Take a model's files away: scorers that start now do not load it."""
    shutil.rmtree(artifacts().folder(f"models/{version}"))
    stored = Path(artifacts()._root) / "models" / version
    shutil.rmtree(stored, ignore_errors=True)


def with_guards(**limits: object) -> None:
    lines = "\n".join(f"{name} = {value}" for name, value in limits.items())
    text = f"{default_text()}\n[topics.weapons.guards]\n{lines}\n"
    gates.activate_gates(text, "gates.toml", TESTS, "a test")


def test_a_model_that_is_as_usual_is_watched_and_stays(
    old: str, new: str, keeper: GuardKeeper
) -> None:
    deploy(new, Slot.SHADOW, TESTS, "to see")
    arrive(1_200, 1_500)
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    guard = Guard.objects.get(model=new)
    assert guard.reference is not None
    assert guard.reference.model == new  # what it gave as a shadow
    arrive(300, 3_000)
    keeper.work()
    keeper.work()
    counted = counts_of(new)
    assert counted.counts.sellers == pytest.approx(300, abs=SHARED_BITS)
    assert counted.counts.failing == 0
    assert counted.counts.scored == counted.counts.sellers
    assert counted.counts.scored == counted.counts.sellers
    assert champion() == new
    assert not GuardBreach.objects.exists()
    seal_all()
    assert problems() == []


def test_a_model_that_gives_no_scores_is_left_by_the_system(
    old: str, new: str, keeper: GuardKeeper
) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    guard = Guard.objects.get(model=new)
    assert guard.reference is not None
    assert guard.reference.model == old
    lose(new)
    minutes(keeper)
    assert champion() == old
    breach = GuardBreach.objects.get()
    assert (breach.what, breach.share) == (GuardName.MISSING, 1.0)
    release = Release.objects.latest("pk")
    assert (release.actor, release.model, release.back) == ("guards", old, True)
    assert "listings got no score" in release.reason
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.topic, alarm.deployment) == (
        AlarmKind.SCORER_ERRORS,
        "weapons",
        new,
    )
    seal_all()
    assert problems() == []
    acts = Event.objects.filter(kind__in=("guard_breached", "release")).order_by("pk")
    assert [event.kind for event in acts][-2:] == ["guard_breached", "release"]
    arrive(200, 1_900)
    keeper.work()  # what it went back to is not watched, and nothing happens twice
    assert counts_of(new).ended_at is not None
    assert GuardCounts.objects.filter(ended_at=None).count() == 0
    assert Release.objects.latest("pk").pk == release.pk


def test_alerts_beyond_the_usual_are_a_breach(old: str, new: str, keeper: GuardKeeper) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    reference = Guard.objects.get(model=new).reference
    assert reference is not None
    words = sorted({word for listing in golden_listings() for word in listing.title.split()})
    alone = [Listing(id=word, version=1, seller_id="s", title=word) for word in words]
    scores = generations.load_model(new).score(ListingBatch.of(alone))[:, 0]
    highest = " ".join(words[at] for at in np.argsort(-scores)[:4])
    minutes(keeper, title=highest)
    assert GuardBreach.objects.get().what == GuardName.MORE_ALERTS
    assert champion() == old


def test_a_model_that_takes_too_long_is_left(old: str, new: str, keeper: GuardKeeper) -> None:
    with_guards(milliseconds=0.00001)
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    for minute in range(8):
        arrive(60, 2_000 + 60 * minute)
        keeper.work()
    assert GuardBreach.objects.get().what == GuardName.SLOW
    assert champion() == old


class Off:
    """A model that says something else here."""

    def __init__(self, model: Model) -> None:
        self.model, self.version = model, model.version

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        return np.clip(self.model.score(batch) + np.float32(0.01), 0, 1)


def test_a_scorer_that_comes_to_other_scores_is_found(
    old: str, new: str, keeper: GuardKeeper
) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    check_golden(generations.load_model(new))
    keeper.work()
    assert champion() == new
    check_golden(Off(generations.load_model(new)))  # type: ignore[arg-type]
    keeper.work()
    assert champion() == new, "of a process that runs no more"
    beat = Heartbeat("scorer")
    beat.turn()
    check_golden(Off(generations.load_model(new)))  # type: ignore[arg-type]
    assert GoldenCheck.objects.latest("pk").greatest == pytest.approx(0.01, rel=0.01)
    keeper.work()
    assert GuardBreach.objects.get().what == GuardName.GOLDEN_SCORES
    assert champion() == old


def lost_guard_trial(old: str, new: str) -> Trial:
    """Give the guard of an experiment that ended with the model before as the better one."""
    newest = generations.current()
    assert newest is not None
    return Trial.objects.create(
        kind=Kind.GUARD,
        topic="weapons",
        champion=old,
        candidate=new,
        generation=newest,
        design={},
        state=TrialState.ENDED,
        outcome=Outcome.REJECT,
        actor="tests",
        reason="a test",
        created_at=newest.created_at,
    )


def test_the_guard_of_its_experiment_sends_it_back(old: str, new: str, keeper: GuardKeeper) -> None:
    lost_guard_trial(old, new)  # of an earlier promotion: it says nothing of this one
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    assert champion() == new
    trial = lost_guard_trial(old, new)
    keeper.work()
    assert GuardBreach.objects.get().what == GuardName.EXPERIMENT
    assert champion() == old
    release = Release.objects.latest("pk")
    assert (release.actor, release.back) == ("guards", True)
    change = TopicChange.objects.get(topic="weapons", generation=release.generation)
    assert change.evidence["trial"] == trial.pk
    keeper.work()
    assert GuardCounts.objects.filter(ended_at=None).count() == 0


def test_a_canary_leaves_and_the_champion_stays(old: str, new: str, keeper: GuardKeeper) -> None:
    deploy(new, Slot.CANARY, TESTS, "a part", share=0.2)
    keeper.work()
    lose(new)
    minutes(keeper)
    entry = generations.topics_in_force()["weapons"]
    assert [d.model for d in entry.deployments] == [old]
    assert GuardBreach.objects.get().guard.slot == Slot.CANARY


def test_one_seller_with_many_listings_is_one_reason(
    old: str, new: str, keeper: GuardKeeper
) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    arrive(400, 1_500, seller="bulk")
    keeper.work()
    arrive(400, 1_900, seller="bulk")
    keeper.work()
    assert counts_of(new).counts.sellers == counts_of(new).counts.minutes == 0


def test_alarm_alone_leaves_the_model_in_force(old: str, new: str, keeper: GuardKeeper) -> None:
    with_guards(act='"alarm"')
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    lose(new)
    minutes(keeper)
    keeper.work()
    assert champion() == new
    assert GuardBreach.objects.count() == 1
    assert Alarm.objects.get().times >= 2


def test_off_watches_nothing(old: str, new: str, keeper: GuardKeeper) -> None:
    with_guards(act='"off"')
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    assert not Guard.objects.filter(model=new).exists()


def test_a_keeper_killed_after_the_breach_goes_back_at_its_next_look(
    old: str, new: str, keeper: GuardKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    lose(new)
    with monkeypatch.context() as killed:
        killed.setattr(job, "act", lambda breach: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            minutes(keeper)
    assert champion() == new
    counted = counts_of(new).counts
    keeper.work()
    assert champion() == old
    assert counts_of(new).counts == counted
    assert counted.failing == counted.minutes
    assert GuardBreach.objects.count() == 1


def test_whoever_lost_the_lease_counts_nothing(old: str, new: str, keeper: GuardKeeper) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    before = counts_of(new).cursor
    arrive(100, 1_500)
    keeper._lease.release()
    other = HeldLease("keeper")
    assert other.take()
    with pytest.raises(LeaseLostError):
        keeper.work()
    assert counts_of(new).cursor == before
    GuardKeeper(other).work()
    assert counts_of(new).counts.sellers == pytest.approx(100, abs=SHARED_BITS)


def test_somebody_who_was_faster_is_not_undone(
    old: str, new: str, keeper: GuardKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between breach and act a person goes back: the topic must not go back twice."""
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    lose(new)
    real = job.act

    def late(breach: GuardBreach) -> str:
        roll_back("weapons", TESTS, "I see it, too")
        return real(breach)

    monkeypatch.setattr(job, "act", late)
    minutes(keeper, 5)
    assert champion() == old
    assert Release.objects.latest("pk").actor == TESTS.name
    assert "look at it again" in counts_of(new).problem


def test_where_nothing_is_to_go_back_to_it_says_so(old: str, keeper: GuardKeeper) -> None:
    """The first model of a topic goes back to the rules alone."""
    keeper.work()
    lose(old)
    minutes(keeper)
    assert champion() is None
    assert Release.objects.latest("pk").model == ""


def test_a_topic_of_one_market_is_judged_there(
    topic_file: Make, folders: tuple[Path, Path], keeper: GuardKeeper
) -> None:
    """Listings elsewhere have no score, which is no fault of the model."""
    path = topic_file()
    path.write_text(path.read_text("utf-8").replace("\n", '\nmarkets = ["JP"]\n', 1), "utf-8")
    activate_topic_file(path, TESTS, "set-up")
    deploy(register_validated(folders[0], TESTS), Slot.CHAMPION, TESTS, "the first")
    keeper.work()
    log.append(
        [
            Listing(
                id=f"L{n}",
                version=1,
                seller_id=f"s{n}",
                title="a cup",
                attributes={"country": "de" if n % 2 else "jp"},
            )
            for n in range(600)
        ]
    )
    work_off()
    keeper.work()
    (counted,) = GuardCounts.objects.all()
    assert counted.counts.sellers == pytest.approx(300, abs=SHARED_BITS)
    assert counted.counts.failing == 0
    assert counted.counts.scored == counted.counts.sellers


@pytest.mark.parametrize(
    "statement", ["DELETE FROM guards_guard", "UPDATE guards_guard SET topic = 'x'"]
)
def test_guards_are_append_only(old: str, keeper: GuardKeeper, statement: str) -> None:
    keeper.work()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_page_the_command_and_the_api_say_how_it_stands(
    old: str, new: str, keeper: GuardKeeper
) -> None:
    deploy(new, Slot.CHAMPION, TESTS, "it is better")
    keeper.work()
    lose(new)
    minutes(keeper)
    keeper.work()
    (view,) = guards_of(new)
    assert view.breach.startswith("in 1 of the minutes listings got no score")
    assert view.ended_at is not None
    page = Client()
    page.force_login(roles.add("grace", None, "ml_engineer", TESTS))
    shown = page.get(f"/models/{new}").content.decode()
    assert "Breached:" in shown
    assert "minutes with listings without a score" in shown
    said = CliRunner().invoke(app, ["models", "guards", "weapons"])
    assert said.exit_code == 0, said.output
    assert f"{new}: in 1 of the minutes listings got no score" in said.output
