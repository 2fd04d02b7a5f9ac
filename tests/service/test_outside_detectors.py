"""A detector of others that hangs in the service: rules, other models and health go on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.acting import TESTS
from tests.outside.packages import FAULTY, make_package
from tests.service.conftest import listing

from mimawari.detectors.outside import Limits, allow_kinds
from mimawari.errors import InvalidInputError
from mimawari.service.api import health
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.releases.follower import SuiteFollower
from mimawari.service.scoring.models import Score
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Path]


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    site = tmp_path / "site"
    site.mkdir()
    make_package(site, "faulty-kinds", FAULTY, {"faulty": "faulty_kinds:KIND"})
    monkeypatch.syspath_prepend(str(site))
    allow_kinds(["faulty-kinds:faulty"], Limits(seconds=1, first_rest=600))
    import faulty_kinds

    yield faulty_kinds
    allow_kinds(settings.CONFIG.detector_kinds)
    sys.modules.pop("faulty_kinds")


def test_the_rules_go_on_beside_a_model_that_hangs(
    faulty: Any, topic_file: Make, tmp_path: Path
) -> None:
    activate_topic_file(topic_file(word="pistol"), TESTS, "why")
    faulty.write(tmp_path / "model", "hangs", at="poison")
    activate_model(tmp_path / "model", TESTS, "why")
    follower = SuiteFollower()
    scorer = Scorer(suites=follower)
    follower.turn()
    log.append([listing(1, "a pistol")])
    scorer.score_batch()
    assert follower.suite is not None
    assert not follower.notice
    assert health.tell(follower.suite, []).absent_models == []
    log.append([listing(2, "a poison pistol"), listing(3, "a cup")])
    scorer.score_batch()
    log.append([listing(4, "another pistol")])
    scorer.score_batch()
    assert Score.objects.count() == 4
    follower.turn()
    assert "weapons: no answer within 1 s" in follower.notice
    assert health.tell(follower.suite, []).absent_models == ["weapons"]


def test_a_model_without_scores_is_not_put_in_force(
    faulty: Any, topic_file: Make, tmp_path: Path
) -> None:
    activate_topic_file(topic_file(word="pistol"), TESTS, "why")
    faulty.write(tmp_path / "model", "nan")
    with pytest.raises(InvalidInputError, match="gives no scores: FaultError: ValueError: a score"):
        activate_model(tmp_path / "model", TESTS, "why")
    allow_kinds([])
    with pytest.raises(InvalidInputError, match="not allowed"):
        activate_model(tmp_path / "model", TESTS, "why")
