"""WorkLoop: what fails is logged and tried again after growing pauses."""

from __future__ import annotations

import logging
import threading

import pytest
from django.db import OperationalError

from mimawari.service.platform.work_loop import WorkLoop

pytestmark = pytest.mark.django_db(transaction=True)


class Scripted(WorkLoop):
    """Does what a list says, turn by turn, then stops; notes its pauses instead of making them."""

    def __init__(self, script: list[bool | Exception], idle_seconds: float = 0.5) -> None:
        super().__init__(idle_seconds)
        self.script = script
        self.failed: list[float] = []
        self.idle: list[float] = []
        self.tidied = False
        self._stopped = _Noted(self.failed)
        self.wake = _Noted(self.idle)

    def turn(self) -> bool:
        outcome = self.script.pop(0)
        if not self.script:
            self.stop()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def ended(self) -> None:
        self.tidied = True


class _Noted(threading.Event):
    def __init__(self, pauses: list[float]) -> None:
        super().__init__()
        self.pauses = pauses

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        return False


def test_idle_pauses_grow_and_begin_anew_after_work() -> None:
    loop = Scripted([False] * 6 + [True] + [False, True])
    loop.run()
    assert loop.idle == [0.05, 0.1, 0.2, 0.4, 0.5, 0.5, 0.05]
    assert loop.tidied


def test_pauses_after_failures_grow_to_a_limit(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[bool | Exception] = [OperationalError("no\nanswer")] * 10
    loop = Scripted([*failures, ValueError("odd"), True, OperationalError("again"), True])
    with caplog.at_level(logging.WARNING):
        loop.run()
    assert loop.failed[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(loop.failed) == 10.0
    assert loop.failed[-1] == 0.1, "a good turn begins anew"
    lines = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) == 11
    assert lines[0].getMessage() == "a turn failed: no answer"
    assert all(record.exc_info is None for record in lines), "a line is enough for a database"
    assert sum(record.exc_info is not None for record in caplog.records) == 1


def test_a_problem_is_told_until_a_turn_goes_well() -> None:
    loop = Scripted([ValueError("odd"), True])
    loop._try()
    assert loop.problem == "a turn failed: ValueError: odd"
    loop._try()
    assert loop.problem == ""
