"""What tests of history begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings
from tests.service.history.world import Clock, fill

from mimawari.service.platform import clock as database_clock


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path) -> Iterator[None]:
    """Keep the files of one test from another's."""
    with override_settings(
        CONFIG=msgspec.structs.replace(settings.CONFIG, state_dir=str(tmp_path / "state"))
    ):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(database_clock, "database_now", lambda: clock.now)
    return clock


@pytest.fixture
def world(generation: int, clock: Clock) -> Clock:
    """Three days of ten listings, then two months."""
    fill(clock)
    return clock
