"""The durable log: each version once, the newest waits."""

from __future__ import annotations

import random
import tracemalloc

import msgspec
import pytest
from tests.service.conftest import listing

from mimawari.listings.listing import Listing
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


def test_any_order_of_versions_is_as_a_dictionary_would_have_it() -> None:
    draw = random.Random(7)
    stored: dict[tuple[str, int], str] = {}
    for _ in range(60):
        group = [
            listing(draw.randrange(3), draw.choice(["a cup", "a jug"]), draw.randrange(12))
            for _ in range(draw.randrange(1, 6))
        ]
        wanted = [oracle(stored, each) for each in group]
        assert log.append(group) == wanted
        rows = ListingVersion.objects.values_list("listing_id", "version", "state")
        newest = {id_: max(v for i, v in stored if i == id_) for id_, _ in stored}
        assert {(id_, version): state for id_, version, state in rows} == {
            (id_, version): State.PENDING if version == newest[id_] else State.SUPERSEDED
            for id_, version in stored
        }


def oracle(stored: dict[tuple[str, int], str], given: Listing) -> str:
    """Say what an append has to answer, and remember the version."""
    key = given.id, given.version
    if key in stored:
        return log.DUPLICATE if stored[key] == given.title else log.CONFLICT
    newest = max((version for id_, version in stored if id_ == given.id), default=-1)
    stored[key] = given.title
    return log.STALE if newest > given.version else log.ACCEPTED


def test_the_thousandth_version_reads_none_of_the_others() -> None:
    text = "y" * 19_000
    log.append(
        [msgspec.structs.replace(listing(1, version=i), description=text) for i in range(900)]
    )
    tracemalloc.start()
    try:
        for i in range(900, 910):
            assert log.append([listing(1, version=i)]) == [log.ACCEPTED]
        assert log.append([listing(1, version=905)]) == [log.DUPLICATE]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    waiting = ListingVersion.objects.filter(state=State.PENDING)
    assert list(waiting.values_list("version", flat=True)) == [909]
