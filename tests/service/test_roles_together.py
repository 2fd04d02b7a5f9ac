"""Scorers and admitters at once, as many as there are: each thing is done once, lists hold K."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from tests.service.conftest import listing

from mimawari.service.admission.admit import admit
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.lists import begin_list, lock_list
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.scoring.models import Candidate, CandidateState, DayList, Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]


def together(*works: Callable[[], object]) -> None:
    """Run functions in threads of their own; whatever one raises is raised here."""
    errors: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # raised below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_three_scorers_and_three_admitters_do_each_thing_once() -> None:
    """Edits arrive meanwhile; weapons have three places a day, drugs two."""
    words = ("a pistol", "some weed", "a cup", "a pistol for weed")
    log.append([listing(i, words[i % 4]) for i in range(240)])
    scored = threading.Event()

    def score() -> None:
        scorer = Scorer(batch=10)
        while scorer.score_batch():
            pass

    def edit() -> None:
        for start in range(0, 240, 24):
            log.append([listing(i, "a cup", version=2) for i in range(start, start + 8)])

    def merge() -> None:
        admitter = Admitter()
        while admitter.turn() or not scored.is_set():
            pass
        admitter.turn()

    def score_all() -> None:
        together(score, score, score, edit)
        score()
        scored.set()

    together(score_all, merge, merge, merge)
    assert not Candidate.objects.filter(state=CandidateState.WAITING).exists()
    assert not ListingVersion.objects.filter(state=State.PENDING).exists()
    assert Score.objects.count() == len(set(Score.objects.values_list("pk", flat=True)))
    newest = ListingVersion.objects.filter(state=State.SCORED)
    assert Score.objects.filter(listing_version__in=newest).count() == newest.count() == 240
    opened = Alert.objects.filter(state=AlertState.OPEN)
    assert opened.filter(topic="weapons").count() == 3
    assert opened.filter(topic="drugs").count() == 2
    assert not opened.filter(listing_version__state=State.SUPERSEDED).exists()
    # What is open is what was admitted and not displaced.
    admitted = Candidate.objects.filter(state=CandidateState.ADMITTED, topic="weapons")
    places = admitted.exclude(listing_version__state=State.SUPERSEDED)
    ids = "listing_version_id"
    assert set(places.values_list(ids)) == set(opened.filter(topic="weapons").values_list(ids))


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_an_admitter_goes_on_where_another_one_is_at_work() -> None:
    log.append([listing(i, "a pistol for weed") for i in range(6)])
    Scorer().score_batch()
    now = clock.database_now()
    day = now.date()
    begin_list("weapons", day)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert lock_list("weapons", day) is not None
            entered.set()
            assert leave.wait(30)

    def try_others() -> None:
        assert entered.wait(30)
        assert admit("weapons", day, 3, now) == 0, "somebody else has it"
        assert admit("drugs", day, 2, now) == 6
        leave.set()

    together(hold, try_others)
    assert set(Alert.objects.values_list("topic", flat=True)) == {"drugs"}
    assert Admitter().turn()
    assert Alert.objects.filter(topic="weapons", state=AlertState.OPEN).count() == 3
    assert DayList.objects.count() == 2


def test_a_scorer_waits_for_no_list() -> None:
    """A list that somebody holds keeps no scorer from scoring."""
    log.append([listing(i, "a pistol") for i in range(3)])
    if connection.vendor == "postgresql":
        with transaction.atomic():
            lock_list("weapons", clock.database_now().date())
            together(lambda: Scorer().score_batch())
    else:
        Scorer().score_batch()
    assert Score.objects.count() == Candidate.objects.count() == 3
