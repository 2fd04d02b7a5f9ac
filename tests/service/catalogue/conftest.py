"""Artifacts of one test are kept from another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path) -> Iterator[None]:
    state = str(tmp_path / "state")
    with override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, state_dir=state)):
        yield
