"""Asks a model's process, starts it again after a rest, and keeps the reason of a fault."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from mimawari.detectors.outside import messages
from mimawari.detectors.outside.breaker import Breaker
from mimawari.detectors.outside.process import ChildProcess, NoAnswerError
from mimawari.errors import MimawariError
from mimawari.listings.normalise import default_readings

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.detectors.outside.installed import InstalledKind
    from mimawari.detectors.outside.limits import Limits

T = TypeVar("T")


class FaultError(MimawariError):
    """A detector of others gave no answer."""


class Asked:
    """The process of one model, whoever asks; at most one is under way."""

    def __init__(self, kind: InstalledKind, folder: Path, version: str, limits: Limits) -> None:
        self.limits = limits
        self._open = messages.Open(
            entry=kind.entry,
            kind=kind.name,
            folder=str(folder),
            version=version,
            readings=default_readings(),
            megabytes=limits.megabytes,
            start_seconds=limits.start_seconds,
            seconds=limits.seconds,
        )
        self._breaker = Breaker(limits)
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._starting: threading.Thread | None = None
        self._reason = ""

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        child = self._child
        return None if child is None else child.pid

    @property
    def notice(self) -> str:
        """Why it is not asked; empty where it is."""
        return self._reason

    def open(self) -> messages.Opened:
        """Start the process and load the folder there.

        Raises
        ------
        FaultError
            It does not load.
        """
        child = ChildProcess()
        try:
            answer = child.ask(self._open, self.limits.start_seconds)
        except NoAnswerError as error:
            raise FaultError(str(error)) from error
        if not isinstance(answer, messages.Opened):
            child.end()
            raise FaultError(_reason(answer))
        self._child = child
        return answer

    def ask(self, request: messages.Score | messages.Explain, kind: type[T]) -> T:
        """Give the answer to a request.

        Raises
        ------
        FaultError
            There is none, or nothing is asked now.
        """
        if not self._lock.acquire(timeout=self.limits.seconds):
            raise FaultError("it is busy with what others asked")
        try:
            if self._breaker.rests or not self._ready():
                raise FaultError(f"it is asked nothing for now, after: {self._reason}")
            return self._asked(request, kind)
        finally:
            self._lock.release()

    def end(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _asked(self, request: messages.Score | messages.Explain, kind: type[T]) -> T:
        assert self._child is not None
        try:
            answer = self._child.ask(request, self.limits.seconds)
        except NoAnswerError as error:
            self._child = None
            self._fault(str(error), at_once=True)
            raise FaultError(str(error)) from error
        if not isinstance(answer, kind):
            reason = _reason(answer)
            self._fault(reason)
            raise FaultError(reason)
        self._breaker.good()
        self._reason = ""
        return answer

    def _fault(self, reason: str, at_once: bool = False) -> None:
        self._breaker.fault(at_once)
        self._reason = reason

    def _ready(self) -> bool:
        """Whether there is a process; one is started beside whoever asks, who must not wait."""
        if self._child is not None:
            return True
        if self._starting is None or not self._starting.is_alive():
            self._starting = threading.Thread(target=self._start_again, daemon=True)
            self._starting.start()
        return False

    def _start_again(self) -> None:
        try:
            self.open()
        except FaultError as error:
            self._fault(str(error), at_once=True)


def _reason(answer: messages.Answer) -> str:
    return (
        answer.reason if isinstance(answer, messages.Fault) else "its answer is to another question"
    )
