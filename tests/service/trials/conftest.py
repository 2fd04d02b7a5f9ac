"""The market of the trials' tests, with a champion in force and a better model at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bench.word_topic import TOPIC as TOPIC_TEXT
from tests.acting import TESTS
from tests.releasing import register_validated
from tests.service.trials import world
from tests.stores import keep, put_back

from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.releases.activating_models import activate_model


@pytest.fixture(scope="session")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a model trained on few labels, a third of them wrong."""
    folder = tmp_path_factory.mktemp("models") / "weak"
    return world.fit(world.TOPIC, folder, n=150, flip=0.35, seed=1, text=world.FEW)


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a model trained on many right labels."""
    return world.fit(world.TOPIC, tmp_path_factory.mktemp("models") / "good")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> world.Clock:
    """Give the clock of the service."""
    clock = world.Clock()
    world.told_time(monkeypatch, clock)
    return clock


@pytest.fixture
def topics(transactional_db: None, clock: world.Clock, tmp_path: Path) -> None:
    """Put the market's topics in force."""
    paths = [tmp_path / f"{topic}.toml" for topic in (world.TOPIC, world.OTHER)]
    for path in paths:
        text = TOPIC_TEXT.format(topic=path.stem, word="zzz", capacity=world.CAPACITY)
        path.write_text(text.replace("a zzz", "zzz"), "utf-8")
    activate_topic_files(paths, TESTS, "set-up")


@pytest.fixture
def market(topics: None, clock: world.Clock, weak: Path) -> world.Market:
    """Give the market with the weak model as champion."""
    activate_model(weak, TESTS, "set-up")
    return world.Market(clock)


@pytest.fixture(scope="session")
def pasts() -> list[world.Market]:
    """Give the market whose past is kept aside, once there is one."""
    return []


@pytest.fixture
def past(market: world.Market, pasts: list[world.Market]) -> world.Market:
    """Give the market after a window and the days before it: lived once, then put back."""
    if pasts:
        put_back("past")
        market.clock.now, market.truth = pasts[0].clock.now, dict(pasts[0].truth)
    else:
        market.history(16)
        keep("past")
        pasts.append(world.Market(replace(market.clock), dict(market.truth)))
    return market


@pytest.fixture
def candidate(market: world.Market, good: Path) -> str:
    """Give the good model, registered only."""
    return register_validated(good, TESTS)
