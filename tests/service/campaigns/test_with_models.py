"""Sources that compare: a champion with its shadow, and a model with moderators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.releasing import deploy
from tests.service.campaigns.world import asked, begin, items, judge
from tests.service.working import work_off
from tests.small_model import rows_of_market, small_model

from mimawari.alerts.selection.sources import rank_difference
from mimawari.listings.listing import Listing
from mimawari.records.deployment import Slot
from mimawari.service.campaigns.filling import fill_all
from mimawari.service.campaigns.plan import Source
from mimawari.service.campaigns.pool import read
from mimawari.service.intake import log
from mimawari.service.releases.activating import register_model
from mimawari.service.review import queue
from mimawari.service.scoring.models import Score

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("topic")]


@pytest.fixture
def market(topic: str, tmp_path: Path) -> None:
    """Two models score a market of sixty listings, one of them as a shadow."""
    champion = register_model(small_model(tmp_path / "a"), TESTS)
    shadow = register_model(small_model(tmp_path / "b", "tfidf"), TESTS)
    deploy(champion, Slot.CHAMPION, TESTS, "a test")
    deploy(shadow, Slot.SHADOW, TESTS, "a test")
    rows = rows_of_market(seed=4, listings=60)
    log.append(
        [
            Listing(id=f"M{i}", version=1, seller_id=f"s{i}", title=one.title)
            for i, one in enumerate(rows.listings)
        ]
    )
    work_off()


@pytest.mark.usefixtures("market")
def test_models_and_shadows_give_what_they_differ_on() -> None:
    known = {alert.listing_version_id for alert in asked()}
    rows = read(Score.objects.exclude(listing_version__alerts__topic="weapons"), "weapons")
    assert rows.models.shape == (2, len(rows.numbers))
    assert not np.isnan(rows.models).any()
    difference = rank_difference(rows.models, rows.days)
    first = int(rows.numbers[int(np.argmax(difference))])
    begin(sources=(Source.SHADOWS, Source.MODELS), budget=4)
    assert fill_all() == 4
    assert {item.source for item in items()} == {"shadows", "models"}
    assert first in {alert.listing_version_id for alert in asked()} - known


@pytest.mark.usefixtures("market")
def test_a_verdict_that_the_model_doubts_is_asked_of_another(anna: User) -> None:
    decided = {}
    while (alert := queue.next_alert(anna)) is not None:
        decided[alert.listing_version_id] = alert.score
        queue.decide(alert, anna, "does_not_violate", 1.0)
    begin(sources=(Source.MODERATORS,), budget=1, beyond=1)
    assert max(decided.values()) > 0.5, "the model is sure of one"
    assert fill_all() == 1
    (again,) = asked()
    assert again.not_for_id == anna.pk
    assert again.listing_version_id == max(decided, key=lambda number: decided[number])
    assert queue.next_alert(anna) is None
    assert judge(User.objects.create_user("ben"), "violates") == again
