"""A topic in force with room for twenty reviews a day, and a moderator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.campaigns.world import CAPACITY

from mimawari.service.accounts import roles
from mimawari.service.releases.activating import activate_topic_file


@pytest.fixture
def topic(db: None, topic_file: Callable[..., Path]) -> str:
    activate_topic_file(topic_file(capacity=CAPACITY), TESTS, "a test")
    return "weapons"


@pytest.fixture
def anna() -> User:
    return roles.add("anna", None, "moderator", TESTS)
