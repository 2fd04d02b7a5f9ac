"""Files as lines of bytes, bounded, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from typing import IO, TYPE_CHECKING, cast

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_LINE = 4_000_000
BOM = b"\xef\xbb\xbf"
TOO_LONG = FieldProblem("line", f"is over {MOST_LINE:,} bytes", "shorten its texts")
NOT_UTF8 = FieldProblem("encoding", "is not UTF-8", "save the row as UTF-8")


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file that may be gzipped."""
    try:
        return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidInputError(FieldProblem(str(path), reason, "name a readable file")) from error


def lines(path: Path) -> Iterator[bytes | None]:
    """Yield lines without a byte order mark; None for a line over the limit, which is skipped."""
    with open_bytes(path) as file:
        first = True
        try:
            while line := file.readline(MOST_LINE):
                if first:
                    line, first = line.removeprefix(BOM), False
                if len(line) == MOST_LINE and not line.endswith(b"\n"):
                    while (rest := file.readline(MOST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    yield None
                else:
                    yield line
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInputError(
                FieldProblem(path.name, f"is damaged: {error}", "make the file again")
            ) from error
