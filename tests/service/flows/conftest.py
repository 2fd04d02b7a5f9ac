"""Decided listings of weapons, commands as typed, and commands as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from tests.service.data_sets.test_data_sets import decide

from mimawari.cli.main import main
from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review.models import Verdict

Run = Callable[..., str]
RETRAIN = (
    *("flow", "run", "retrain", "--topic", "weapons", "--reason", "a month is over"),
    *("--algorithm", "linear", "--folds", "2", "--no-augment", "--workers", "1"),
)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path) -> Iterator[Path]:
    """Keep files of one test from another's."""
    state = tmp_path / "state"
    with override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, state_dir=str(state))):
        yield state


@pytest.fixture
def decided(generation: int) -> None:
    """Decide on 80 listings of 40 sellers."""
    log.append(
        [
            Listing(
                id=f"L{i}",
                version=1,
                seller_id=f"s{i % 40}",
                title=f"a {'cup' if i % 2 else 'pistol'} thing {i}",
            )
            for i in range(80)
        ]
    )
    for i, version in enumerate(ListingVersion.objects.order_by("id")):
        decide(version, Verdict.DOES_NOT_VIOLATE if i % 2 else Verdict.VIOLATES)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs a command as typed, and gives what it printed."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["mimawari", *words])
        monkeypatch.setenv("COLUMNS", "250")
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.out + printed.err

    return run


def as_process(*words: str) -> subprocess.Popen[bytes]:
    """Start a command on the store of the test."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = urlsplit(os.environ["MIMAWARI_DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environ = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"} | {
        "MIMAWARI_DATABASE_URL": url,
        "MIMAWARI_STATE_DIR": settings.CONFIG.state_dir,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "mimawari", *words],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
