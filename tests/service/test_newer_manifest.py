"""A generation of a later version of the program: roles go on by the one before it, and say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.errors import InvalidInputError
from mimawari.records import manifest as manifests
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert
from mimawari.service.intake import log
from mimawari.service.platform import presence
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.running import state_of
from mimawari.service.releases import generations
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.follower import SuiteFollower
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
NEWER = '{"format": 2, "topics": {}, "what_comes_later": 1}'
SAID = "is of format 2, this version reads 1"


@pytest.fixture
def newer(generation: int) -> int:
    """Put a generation in force that a later version wrote; gives the one before it."""
    Generation.objects.create(
        manifest=NEWER,  # as it stands in the column
        created_at=timezone.now(),
        actor="tests",
        reason="why",
    )
    return generation


@pytest.mark.parametrize("starts_anew", [False, True])
def test_a_role_serves_the_old_one_and_says_so(
    generation: int, starts_anew: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = SuiteFollower()
    if not starts_anew:
        follower.refresh()
    Generation.objects.create(
        manifest=NEWER, created_at=timezone.now(), actor="tests", reason="why"
    )
    follower._try()
    assert follower.number == generation
    heartbeat = Heartbeat("scorer", lambda: follower.number, lambda: state_of([follower]))
    heartbeat.turn()
    (row,) = presence.processes()
    assert SAID in row.state
    health = presence.by_role(["scorer"], [row])["scorer"]
    assert (health.generation, SAID in health.problem) == (generation, True)
    log.append([listing(1, "a pistol")])
    work(scorer=Scorer(suites=follower))
    assert Score.objects.get().generation_id == generation
    assert Alert.objects.count() == 1
    monkeypatch.setattr(manifests, "FORMAT", 2)  # the program is of the later version by now
    Generation.objects.create(
        manifest=NEWER.replace(', "what_comes_later": 1', ""),
        created_at=timezone.now(), actor="tests", reason="why",
    )  # fmt: skip
    follower._try()
    assert (follower.number, state_of([follower])) == (generation + 2, "")


def test_the_admitter_goes_on_and_leaves_what_it_does_not_know(newer: int) -> None:
    follower = SuiteFollower()
    follower._try()
    log.append([listing(1, "a pistol")])
    Scorer(suites=follower).score_batch()
    known = Candidate.objects.get()
    later = Candidate.objects.create(
        listing_version_id=known.listing_version_id, topic="later", day=known.day, score=0.5
    )
    admitter = Admitter()
    admitter._try()
    assert SAID in state_of([admitter])
    assert Alert.objects.get().topic == "weapons"
    later.refresh_from_db()
    assert later.state == CandidateState.WAITING


def test_it_goes_on_by_itself_once_it_understands(newer: int) -> None:
    admitter, follower = Admitter(), SuiteFollower()
    for loop in (admitter, follower):
        loop._try()
    readable = generations.serving()
    assert readable is not None
    assert readable.number == newer
    generations.advance(readable.manifest, TESTS, "back to what this version reads")
    for loop in (admitter, follower):
        loop._try()
    assert state_of([admitter, follower]) == ""
    assert follower.number == newer + 2


def test_no_command_builds_on_an_older_one(newer: int, topic_file: Callable[..., Path]) -> None:
    """It would take back what the later version put in force."""
    with pytest.raises(InvalidInputError, match=SAID):
        activate_topic_file(topic_file(word="bow"), TESTS, "why")
