"""A topic with graded scores, and a second stage that answers on a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.acting import TESTS
from tests.remote.server import Model
from tests.service.second_stage.world import Stage, answers_well, write_topic

from mimawari.service.releases.activating import activate_precisions, activate_topic_file


@pytest.fixture
def model() -> Iterator[Model]:
    """Give an endpoint that finds a violation wherever a title says so."""
    with Model() as model:
        model.reply = answers_well
        yield model


@pytest.fixture
def topic(db: None, tmp_path: Path) -> Path:
    """Put a topic of K = 3 in force whose rules w1 to w9 score .1 to .9."""
    path = write_topic(tmp_path)
    activate_topic_file(path, TESTS, "set-up")
    activate_precisions({f"weapons/w{n}": n / 10 for n in range(1, 10)}, TESTS, "set-up")
    return path


@pytest.fixture
def stage(topic: Path, model: Model) -> Callable[..., Stage]:
    """Give what puts a second stage in force, by its file and its test cases."""
    return lambda **values: Stage(topic, model).put(**values)
