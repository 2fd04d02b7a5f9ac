"""A model that answers on a socket, and detectors that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.remote.server import Model

from mimawari.detectors.remote import RemoteDetector, RemoteOptions
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

POLICY = "Guns and their parts may not be sold."
Make = Callable[..., RemoteDetector]


def listing(number: int, title: str, **fields: Any) -> Listing:
    return Listing(id=str(number), version=1, seller_id=f"seller-{number}", title=title, **fields)


def batch(*titles: str) -> ListingBatch:
    return ListingBatch.of([listing(i, title) for i, title in enumerate(titles)])


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as one:
        yield one


@pytest.fixture
def waits() -> list[float]:
    """Seconds that detectors would have waited."""
    return []


@pytest.fixture
def make(model: Model, waits: list[float]) -> Iterator[Make]:
    """Make detectors that ask the model one request at a time, unless told otherwise."""
    with ExitStack() as stack:

        def made(cache: Any = None, key: str = "", **options: Any) -> RemoteDetector:
            told = {"base_url": model.url, "model": "small", "concurrency": 1} | options
            one = RemoteDetector(
                "weapons", POLICY, RemoteOptions(**told), key, cache, sleep=waits.append
            )
            return stack.enter_context(one)

        yield made
