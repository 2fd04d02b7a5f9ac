"""A process that looks at strangers' pictures, one after the other, within hard limits.

    python -m mimawari.listings.media.inspection

A decoder's fault, or a picture made to cost, ends this process and nothing else. Requests and
answers are a length of four bytes and so many bytes: a picture, and a message of msgpack.
"""

from __future__ import annotations

import resource
import struct
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from mimawari.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = struct.Struct(">I")
SECONDS = 5
"""Of one processor, a picture."""
MEMORY = 512 << 20
"""Bytes that a picture may take, beside what the process took before."""


class Inspected(msgspec.Struct, frozen=True, tag=True):
    """A picture that can be decoded: its size, and its PDQ hash."""

    sha256: str
    width: int
    height: int
    pdq: bytes
    quality: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why it is none."""

    problem: str
    remedy: str


TOO_DEAR = Refused("takes too much time or memory to decode", "send a smaller, plain picture")


def inspect(data: bytes) -> Inspected | Refused:
    """Decode a picture and hash it.

    Examples
    --------
    >>> inspect(b"")
    Refused(problem='is no picture of a known type', remedy='send a JPEG, PNG, WebP or GIF picture')
    """
    from mimawari.listings.media.decode import decode
    from mimawari.listings.media.hashes import pdq

    try:
        picture = decode(data)
        known = pdq(picture)
    except InvalidInputError as error:
        problem = error.problems[0]
        return Refused(problem.problem[:300], problem.remedy)
    except MemoryError:
        return TOO_DEAR
    height, width = picture.rgb.shape[:2]
    return Inspected(picture.sha256, width, height, known.bits, known.quality)


def read_message(file: IO[bytes]) -> bytes | None:
    """Read a message; None where the other side is gone."""
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = file.read(size)
    return body if len(body) == size else None


def write_message(file: IO[bytes], body: bytes) -> None:
    """Write a message."""
    file.write(LENGTH.pack(len(body)) + body)
    file.flush()


def limit_memory() -> None:
    """Let this process take so much more than it takes now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_seconds() -> None:
    """Let this process work so much longer, then be killed by the kernel."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(
    requests: IO[bytes], answers: IO[bytes], look: Callable[[bytes], Inspected | Refused]
) -> None:
    """Answer until the other side is gone."""
    while (data := read_message(requests)) is not None:
        limit_seconds()
        write_message(answers, msgspec.msgpack.encode(look(data)))


if __name__ == "__main__":
    # First calls import and allocate, which is not the pictures' fault.
    inspect(b"")
    limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer, inspect)
