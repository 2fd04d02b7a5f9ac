"""Scorer and admitter: exactly once, newest version, top K, set aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.db import OperationalError
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work, work_off

from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.explaining import stored_explanation
from mimawari.service.scoring.models import Candidate, CandidateState, DayList, Score
from mimawari.service.scoring.scorer import Scorer
from mimawari.streams import MOST_ATTEMPTS

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_version_is_scored_once_and_stamped(generation: int) -> None:
    log.append([listing(i, "a pistol" if i % 2 else "a cup") for i in range(5)])
    assert work_off(batch=2) == 5
    assert work_off() == 0
    assert Score.objects.count() == 5
    assert set(Score.objects.values_list("generation_id", flat=True)) == {generation}
    history = history_of("L1")
    assert history is not None
    (version,) = history.versions
    assert version.score is not None
    topic = version.score.topics["weapons"]
    assert topic.rules == ["weapons/word"]
    assert topic.score == pytest.approx(0.5)
    assert version.alerts[0].state == "open"


@pytest.mark.usefixtures("generation")
def test_two_scorers_take_different_versions() -> None:
    log.append([listing(i, "a pistol") for i in range(4)])
    first = DatabaseStream().fetch(2, 60.0)
    assert Scorer().score_batch() == 2
    scored = Score.objects.values_list("listing_version_id", flat=True)
    assert not {leased.id for leased in first} & set(scored)


@pytest.mark.usefixtures("generation")
def test_who_lost_a_lease_writes_nothing() -> None:
    log.append([listing(1, "a pistol")])
    late = Scorer()
    late.refresh()
    leased = late.stream.fetch(10, 0.0)  # ran out at once
    assert work() == 1
    late._score(leased)
    assert Score.objects.count() == Candidate.objects.count() == Alert.objects.count() == 1


@pytest.mark.usefixtures("generation")
def test_a_batch_that_cannot_be_written_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    log.append([listing(1, "a pistol")])
    with monkeypatch.context() as patch:
        patch.setattr(
            "mimawari.service.scoring.scorer.write_candidates",
            lambda *_: (_ for _ in ()).throw(OSError("no space")),
        )
        scorer = Scorer()
        with pytest.raises(OSError, match="no space"):
            scorer.score_batch()
    assert not Score.objects.exists()
    assert work(scorer=scorer) == 1


@pytest.mark.usefixtures("generation")
def test_a_store_that_goes_away_is_no_listings_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is a try counted, nor does the lease have to run out."""
    log.append([listing(i, "a pistol") for i in range(3)])
    scorer = Scorer()

    def away(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr("mimawari.service.scoring.scorer.list_floors", away)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(OperationalError, match="closed"):
                scorer.score_batch()
    assert set(ListingVersion.objects.values_list("attempts", "state")) == {(0, State.PENDING)}
    assert work(scorer=scorer) == 3


@pytest.mark.usefixtures("generation")
def test_a_candidate_waits_for_the_admitter_and_is_dealt_with_once() -> None:
    log.append([listing(i, "a pistol") for i in range(2)])
    Scorer().score_batch()
    assert not Alert.objects.exists()
    assert set(Candidate.objects.values_list("state", flat=True)) == {CandidateState.WAITING}
    assert Admitter().turn()
    assert not Admitter().turn()
    assert Alert.objects.count() == 2
    assert set(Candidate.objects.values_list("state", flat=True)) == {CandidateState.ADMITTED}


@pytest.mark.usefixtures("generation")
def test_open_alerts_never_exceed_the_capacity() -> None:
    for start in (0, 5):
        log.append([listing(i, "a pistol") for i in range(start, start + 5)])
        work_off(batch=2)
        assert Alert.objects.filter(state=AlertState.OPEN).count() == 3
    assert set(Alert.objects.values_list("state", flat=True)) <= {"open", "displaced"}
    admitted = Candidate.objects.filter(state=CandidateState.ADMITTED)
    opened = Alert.objects.filter(state=AlertState.OPEN)
    ids = "listing_version_id"
    assert set(admitted.values_list(ids)) == set(opened.values_list(ids))


@pytest.mark.usefixtures("generation")
def test_a_full_list_has_a_floor_and_what_is_under_it_is_no_candidate() -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    work()
    assert DayList.objects.get(topic="weapons").floor == pytest.approx(0.5)
    DayList.objects.update(floor=0.6)
    log.append([listing(9, "a pistol")])
    work()
    assert Candidate.objects.count() == 3


@pytest.mark.usefixtures("generation")
def test_a_decided_alert_spends_capacity() -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    work()
    Alert.objects.update(state=AlertState.DECIDED)
    log.append([listing(i, "a pistol") for i in range(10, 13)])
    work()
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 0


@pytest.mark.usefixtures("generation")
def test_an_edit_closes_the_older_versions_alert() -> None:
    log.append([listing(1, "a pistol")])
    work()
    log.append([listing(1, "a cup", version=2)])
    work()
    assert [a.state for a in Alert.objects.all()] == [AlertState.SUPERSEDED]


@pytest.mark.usefixtures("generation")
def test_an_edit_while_a_candidate_waits_opens_no_alert_for_the_old_text() -> None:
    log.append([listing(1, "a pistol")])
    Scorer().score_batch()
    log.append([listing(1, "a cup", version=2)])
    work()
    assert not Alert.objects.exists()
    assert Candidate.objects.get().state == CandidateState.SUPERSEDED


@pytest.mark.usefixtures("generation")
def test_a_listing_that_breaks_scoring_is_set_aside_and_the_others_go_on() -> None:
    log.append([listing(i) for i in range(5)])
    ListingVersion.objects.filter(listing_id="L3").update(payload='{"broken": true}')
    scorer = Scorer()
    for _ in range(MOST_ATTEMPTS):
        scorer.score_batch()
    aside = ListingVersion.objects.get(listing_id="L3")
    assert aside.state == State.SET_ASIDE
    assert "broken" in aside.error
    assert ListingVersion.objects.filter(state=State.SCORED).count() == 4
    assert scorer.score_batch() == 0


@pytest.mark.usefixtures("generation")
def test_a_new_generation_is_taken_up_between_batches(topic_file: Callable[..., Path]) -> None:
    scorer = Scorer()
    log.append([listing(1, "a sabre")])
    work(scorer=scorer)
    assert not Alert.objects.exists()
    number = activate_topic_file(topic_file("weapons", "sabre"), TESTS, "swords too")
    log.append([listing(2, "a sabre")])
    work(scorer=scorer)
    assert Alert.objects.get().listing_version.listing_id == "L2"
    assert Score.objects.get(listing_version__listing_id="L2").generation_id == number
    scores = np.frombuffer(bytes(Score.objects.latest("scored_at").scores), "<f4")
    assert len(scores) == 2


@pytest.mark.usefixtures("generation")
def test_what_is_admitted_is_explained_when_nothing_waits() -> None:
    log.append([listing(1, "a pistol")])
    scorer = Scorer()
    work(scorer=scorer)
    version = ListingVersion.objects.get().pk
    assert stored_explanation(version, "weapons") is None
    assert scorer.turn()
    assert not scorer.turn()
    explanation = stored_explanation(version, "weapons")
    assert explanation is not None
    assert explanation.rules == ("weapons/word",)
