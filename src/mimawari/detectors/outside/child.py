"""What runs in a model's own process: ``python -m mimawari.detectors.outside.child``.

It reads requests from standard input until that is closed, and runs code of others: what it
answers is looked at once more by who asked.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from mimawari.detectors.outside import messages
from mimawari.detectors.outside.installed import GROUP
from mimawari.detectors.outside.kind import DetectorKind
from mimawari.detectors.outside.opened import OpenedKind
from mimawari.detectors.sealed import read
from mimawari.listings.normalise.readings import use_readings

if TYPE_CHECKING:
    from mimawari.detectors.outside.messages import Answer, Request

# A margin over the bound of who asks, so that it is the one who tells of it.
LATER = 1.0


class Answering:
    """Loads once, then answers."""

    def __init__(self) -> None:
        self._opened: OpenedKind | None = None
        self._seconds = 0.0

    def bound(self, request: Request) -> float:
        """Give the seconds that a request may take."""
        if isinstance(request, messages.Open):
            self._seconds = request.seconds
            return request.start_seconds
        return self._seconds

    def answer(self, request: Request) -> Answer:
        """Answer, whatever the code of others does but hang or crash."""
        try:
            if isinstance(request, messages.Open):
                self._opened = _open(request)
                return self._opened.introduced()
            if self._opened is None:
                return messages.Fault("nothing is loaded")
            return self._opened.answer(request)
        except BaseException as error:  # SystemExit, too
            return messages.Fault(messages.one_line(error))


def main() -> None:
    """Answer requests, one after the other."""
    requests, answering = sys.stdin.buffer, Answering()
    with os.fdopen(os.dup(1), "wb") as answers, Path(os.devnull).open("wb") as nowhere:
        os.dup2(2, 1)  # what a detector prints is no answer
        while (request := _next(requests)) is not None:
            # Ends this process although its code never lets the interpreter go on, and although
            # the process that asked is no more.
            bound = answering.bound(request) + LATER
            faulthandler.dump_traceback_later(bound, exit=True, file=nowhere)
            answer = messages.encoded(answering.answer(request))
            faulthandler.cancel_dump_traceback_later()
            answers.write(answer)
            answers.flush()


def _next(requests: BinaryIO) -> Request | None:
    head = requests.read(messages.LENGTH.size)
    if len(head) < messages.LENGTH.size:
        return None
    body = requests.read(messages.LENGTH.unpack(head)[0])
    request: Request = msgspec.msgpack.decode(body, type=messages.Request)
    return request


def _open(request: messages.Open) -> OpenedKind:
    """Load a folder, verified here once more: it may have changed since."""
    most = request.megabytes << 20
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    use_readings(request.readings)
    sealed = read(Path(request.folder), request.kind, request.version)
    kind = EntryPoint(request.kind, request.entry, GROUP).load()
    if not isinstance(kind, DetectorKind):
        raise TypeError(f"{request.entry} is no DetectorKind")
    return OpenedKind(kind, kind.load(sealed, sealed.parameters(kind.options)))


if __name__ == "__main__":
    main()
