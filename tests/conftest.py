"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A worker has one core: more threads than that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# First calls compile kernels, so no deadline; the same examples in every run.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.fixture(autouse=True, scope="session")
def empty_the_store() -> Iterator[None]:
    """Empty the store after each test that commits, past the triggers and without set-up."""
    from django.test import TransactionTestCase

    from tests.stores import empty

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty())
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder of the public data sets, or skip."""
    folder = Path(os.environ.get("MIMAWARI_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the public data sets are not here; set MIMAWARI_DATA to their folder")
    return folder
