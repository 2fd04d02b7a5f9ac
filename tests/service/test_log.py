"""The durable log: each version once, the newest waits."""

from __future__ import annotations

import pytest
from tests.service.conftest import listing

from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State

pytestmark = pytest.mark.django_db(transaction=True)


def test_statuses_of_versions() -> None:
    assert log.append([listing(1, version=2)]) == [log.ACCEPTED]
    assert log.append([listing(1, version=2)]) == [log.DUPLICATE]
    assert log.append([listing(1, "another", version=2)]) == [log.CONFLICT]
    assert log.append([listing(1, version=1)]) == [log.STALE]
    assert log.append([listing(1, version=3), listing(1, version=3)]) == ["accepted", "duplicate"]
    states = dict(ListingVersion.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.SUPERSEDED, 3: State.PENDING}
    assert ListingVersion.objects.get(version=2).payload.count("another") == 0


def test_two_versions_in_one_group_leave_the_newest_pending() -> None:
    assert log.append([listing(1, version=1), listing(1, version=2)]) == ["accepted"] * 2
    states = dict(ListingVersion.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.PENDING}
