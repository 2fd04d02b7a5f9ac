"""Fixtures of the whole suite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.service import made_stores

# A worker has one core: more threads than that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# First calls compile kernels, so no deadline; the same examples in every run.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

# Files of a quarter of a minute and more. A worker takes one file after the other.
LONG = (
    "service/trials/test_trial_backtest.py",
    "service/test_kill.py",
    "service/trials/test_trial_kill.py",
    "docs/test_experiments_page.py",
    "service/trials/test_trial_refusals.py",
    "service/trials/test_trial_experiment.py",
    "service/test_schemathesis.py",
    "service/test_trials_api.py",
    "bench/test_compiled.py",
    "bench/test_experiments.py",
    "service/trials/test_trial_together.py",
    "service/test_api_docs.py",
    "service/test_pictures_kept.py",
    "simulation/test_live.py",
    "console/test_looks_in_a_browser.py",
    "simulation/test_duel_listings.py",
    "simulation/test_pool.py",
    "service/trials/test_trial_families.py",
    "bad_input/test_bad_files.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, so that none runs alone at the end."""
    rank = {Path(__file__).parent / name: i for i, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of this run share what is made once."""
    if not hasattr(config, "workerinput"):
        made_stores.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    if not hasattr(config, "workerinput"):
        made_stores.end()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Keep the copy of the made store where it is a file."""
    return "MIMAWARI_TEST_DATABASE_URL" not in os.environ


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool
) -> None:
    """Begin with a copy of the made store."""
    from django.conf import settings

    test = settings.DATABASES["default"]["TEST"]
    if django_db_keepdb:
        shutil.copy(made_stores.made_sqlite(), test["NAME"])
    else:
        test["TEMPLATE"] = made_stores.made_postgres(os.environ["MIMAWARI_TEST_DATABASE_URL"])


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
