"""Two topics in force, moderators, and an index that is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.conftest import generation, topic_file
from tests.service.working import work_off

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.audit.sealing import seal_all
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.search.engine import the_index
from mimawari.service.search.indexer import Indexer
from mimawari.service.search.models import IndexState

__all__ = ["generation", "topic_file"]


@pytest.fixture(autouse=True)
def empty_index(db: None) -> Iterator[None]:
    """Begin with no index at all; FTS5's table is none of Django's, which it empties."""
    the_index().clear()
    IndexState.objects.all().delete()
    yield
    the_index().clear()


def index_all() -> None:
    """Seal what happened, and follow it to its end."""
    seal_all()
    indexer = Indexer()
    while indexer.turn():
        pass


def submit(*titles: str, seller: str = "s", first: int = 1) -> None:
    """Take listings in, score and admit them."""
    log.append(
        [
            Listing(id=f"L{number}", version=1, seller_id=seller, title=title)
            for number, title in enumerate(titles, first)
        ]
    )
    work_off()


def decide(user: User, verdict: str, topic: str) -> int:
    """Decide on the next item of a topic; gives its listing version."""
    alert = queue.next_alert(user, topics=[topic])
    assert alert is not None
    queue.decide(alert, user, verdict, 1.0)
    return alert.listing_version_id


@pytest.fixture
def anna(generation: int) -> User:
    """Give a moderator of all topics."""
    return roles.add("anna", None, "moderator", TESTS)


@pytest.fixture
def lena(generation: int) -> User:
    """Give a lead of all topics."""
    return roles.add("lena", None, "lead", TESTS)
