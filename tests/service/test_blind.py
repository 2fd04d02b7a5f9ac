"""While a trial runs, nothing that a moderator is shown tells one model's items from another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from tests.acting import TESTS
from tests.service.working import work
from tests.small_model import word_model

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_precisions, activate_topic_files
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.models import Generation
from mimawari.service.review import queue
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.models import Verdict
from mimawari.service.trials.blind_topics import blind_topics
from mimawari.service.trials.models import Kind, Trial, TrialState

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = "a sabre and a pistol"
# What can only come from a model: its marks, its legend, a large percentage, a signed weight.
# What follows a number by two digits of sixteen is an address's escape, no share.
TELL_TALES = re.compile(
    r'class="(word|against|chip (model|rule))"|\d %|\d%(?![0-9A-F]{2})|[+-]\d\.\d\d'
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a model of weapons that knows the word sabre."""
    return word_model(tmp_path_factory.mktemp("models") / "weapons")


@pytest.fixture(autouse=True)
def alerts(trained: Path, topic_file: Callable[..., Path]) -> None:
    """Open two alerts whose listings differ by their identifiers only, one on drugs."""
    files = [topic_file(capacity=2), topic_file("drugs", "weed")]
    activate_topic_files(files, TESTS, "set-up")
    activate_model(trained, TESTS, "first")
    activate_precisions({"drugs/word": 0.35}, TESTS, "measured")
    rows = [(0, TITLE), (1, TITLE), (2, "a weed")]
    log.append([Listing(id=f"L{i}", version=1, seller_id="s", title=t) for i, t in rows])
    work()
    assert Alert.objects.filter(topic="weapons").count() == 2


@pytest.fixture
def anna() -> Client:
    client = Client()
    client.force_login(roles.add("anna", None, "moderator", TESTS))
    return client


def start_trial(state: TrialState = TrialState.RUNNING) -> Trial:
    """Put weapons on trial, and make one of its alerts the candidate's."""
    trial = Trial.objects.create(
        kind=Kind.EXPERIMENT,
        topic="weapons",
        candidate="weapons-0123456789ab",
        generation=Generation.objects.latest("number"),
        design={},
        state=state,
        created_at=timezone.now(),
        actor="tests",
        reason="why",
    )
    last = Alert.objects.filter(topic="weapons").latest("id")
    Alert.objects.filter(pk=last.pk).update(purpose=Purpose.TRIAL, score=0.01)
    return trial


def pages(client: Client) -> list[str]:
    """Give the rendered items of weapons, without the identifiers they must differ by."""
    numbers: list[str] = []
    found = []
    for _ in range(2):
        besides = "".join(f"&besides={number}" for number in numbers)
        text = client.get(f"/review/next?topic=weapons{besides}").content.decode()
        number = re.search(r'data-alert="(\d+)"', text)
        assert number is not None
        numbers.append(number[1])
        text = re.sub(r'data-proof="[^"]*"', "", text.replace(number[0], "ALERT"))
        found.append(re.sub(r"\bL\d\b", "LISTING", text))
    assert len(set(numbers)) == 2
    return found


def test_without_a_trial_the_model_is_shown(anna: Client) -> None:
    assert blind_topics() == frozenset()
    for page in pages(anna):
        assert '<mark class="word"' in page
        assert 'class="chip model"' in page
        assert TELL_TALES.search(page)


@pytest.mark.parametrize("state", [TrialState.PREPARING, TrialState.RUNNING])
def test_items_of_both_arms_look_alike(anna: Client, state: TrialState) -> None:
    start_trial(state)
    assert blind_topics() == {"weapons"}
    first, second = pages(anna)
    assert first == second
    assert not TELL_TALES.search(first)
    assert '<mark class="rule"' in first, "what rules say is part of the policy"
    assert "Scores are hidden" in first


def test_items_of_both_arms_look_alike_through_the_api() -> None:
    start_trial()
    items = [blind_item(alert) for alert in Alert.objects.filter(topic="weapons")]
    told = [msgspec.to_builtins(item) for item in items]
    for one in told:
        one.pop("alert")
        one["listing"].pop("id")
    assert told[0] == told[1]
    assert not {"score", "priority", "purpose", "model"} & set(told[0])


def test_other_topics_keep_their_scores(anna: Client) -> None:
    start_trial()
    page = anna.get("/review/next?topic=drugs").content.decode()
    assert re.search('class="chip (model|rule)"', page)


def test_what_lies_beside_the_top_k_blinds_its_topic(anna: Client) -> None:
    trial = start_trial()
    Trial.objects.filter(pk=trial.pk).update(state=TrialState.ENDED)
    first, second = pages(anna)
    assert first == second
    assert not TELL_TALES.search(first)
    Alert.objects.filter(purpose=Purpose.TRIAL).delete()
    assert blind_topics() == frozenset()


def test_a_listings_history_keeps_what_is_on_trial(anna: Client) -> None:
    start_trial()
    engineer = Client()
    engineer.force_login(roles.add("eve", None, "ml_engineer", TESTS))
    page = "/listing?id=L1"
    assert not TELL_TALES.search(anna.get(page).content.decode())
    assert TELL_TALES.search(engineer.get(page).content.decode())
    drugs = anna.get("/listing?id=L2").content.decode()
    assert TELL_TALES.search(drugs), "other topics keep their scores"


def test_a_second_judge_is_not_told_the_first_verdict(anna: Client) -> None:
    first = User.objects.create_user("first")
    alert = queue.next_alert(first, ["weapons"])
    assert alert is not None
    queue.decide(alert, first, Verdict.VIOLATES, 1.0)
    Alert.objects.exclude(pk=alert.pk).filter(topic="weapons").delete()
    Alert.objects.create(
        listing_version=alert.listing_version,
        topic="weapons",
        day=alert.day,
        purpose=Purpose.SECOND,
        score=alert.score,
        priority=alert.priority,
        not_for=first,
        created_at=timezone.now(),
    )
    item = anna.get("/review/next?topic=weapons").content.decode()
    assert alert.listing_version.listing_id in item
    assert "Earlier decisions" not in item
    page = f"/listing?id={alert.listing_version.listing_id}"
    assert "decided" not in anna.get(page).content.decode()
