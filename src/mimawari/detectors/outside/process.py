"""A model's own process, asked within a time: who does not answer in time is ended."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
import weakref
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.outside import messages

if TYPE_CHECKING:
    from mimawari.detectors.outside.messages import Answer, Request

CHUNK = 1 << 20
# What the code of others may know of where it runs: nothing that names a store or holds a key.
KEPT = ("HOME", "LANG", "LC_ALL", "NUMBA_CACHE_DIR", "PATH", "TMPDIR", "TZ")
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class NoAnswerError(Exception):
    """The process gave no answer; it is ended."""


class ChildProcess:
    """One process; not to be shared by threads without a lock."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # our own module, by this interpreter
            [sys.executable, "-P", "-m", "mimawari.detectors.outside.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            bufsize=0,
            start_new_session=True,  # an interrupt at the terminal is for who asks
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._finish = weakref.finalize(self, _end, self._process)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def end(self) -> None:
        """End it at once."""
        self._finish()

    def ask(self, request: Request, seconds: float) -> Answer:
        """Give its answer.

        Raises
        ------
        NoAnswerError
            It did not answer in time, ended, or answered something else.
        """
        try:
            body = self._exchange(messages.encoded(request), time.monotonic() + seconds)
            answer: Answer = msgspec.msgpack.decode(body, type=messages.Answer)
        except TimeoutError:
            self.end()
            raise NoAnswerError(f"no answer within {seconds:g} s") from None
        except (OSError, EOFError, msgspec.MsgspecError, ValueError) as error:
            self.end()
            raise NoAnswerError(f"its process {self._ended(error)}") from error
        return answer

    def _ended(self, error: Exception) -> str:
        code = self._process.poll()
        if isinstance(error, EOFError | OSError):
            return f"ended by signal {-code}" if code and code < 0 else f"ended with {code}"
        return "gave an answer that cannot be read"

    def _exchange(self, request: bytes, until: float) -> bytes:
        """Write the request, and read the answer, whichever is possible."""
        left, read = memoryview(request), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            selector.register(self._out, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(0.0, until - time.monotonic()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == self._in:
                        left = left[os.write(self._in, left[:CHUNK]) :]
                        if not left:
                            selector.unregister(self._in)
                    else:
                        read += self._read()
                        if (body := _whole(read)) is not None:
                            return body

    def _read(self) -> bytes:
        part = os.read(self._out, CHUNK)
        if not part:
            self._process.wait(timeout=1)
            raise EOFError
        return part


def _whole(read: bytearray) -> bytes | None:
    """Give a message's body once all of it was read."""
    head = messages.LENGTH.size
    if len(read) < head:
        return None
    size = messages.LENGTH.unpack_from(read)[0]
    if size > messages.MOST_BYTES:
        raise ValueError("an answer without bound")
    return bytes(read[head : head + size]) if len(read) >= head + size else None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **ALONE, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()
