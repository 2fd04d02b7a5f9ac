"""A refused request is one line of the log, a fault of the program a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from mimawari.service.project.logs import log_as


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the root logger back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    # What pytest listens by must not be closed by the set-up of a role.
    root.handlers = []
    yield
    root.handlers, root.level = before, level


@pytest.mark.usefixtures("handlers")
def test_a_host_that_is_not_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    log_as("edge")
    assert Client(headers={"host": "evil.example"}).get("/login").status_code == 400
    lines = capsys.readouterr().err.splitlines()
    assert any("ERROR edge django.security.DisallowedHost" in line for line in lines)
    assert not any("Traceback" in line for line in lines)


@pytest.mark.usefixtures("handlers")
def test_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    log_as("edge")
    try:
        raise RuntimeError("a fault")
    except RuntimeError:
        logging.getLogger("mimawari.service").exception("it failed")
    assert "Traceback" in capsys.readouterr().err
