"""The reject file: what could not be taken in, where it stood, and why."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from mimawari.listings.readers.rows import Row


class _Kept(msgspec.Struct):
    row: int
    problems: list[dict[str, str]]


class RejectFile:
    """Appends rejected rows to a JSONL file, made when the first one comes.

    Each line holds ``row``, ``line``, ``problems`` (field, problem, remedy) and ``raw``.

    Parameters
    ----------
    path
        May hold the rejects of an interrupted run over the same rows.
    after
        Last row that such a run has dealt with: its rejects up to there stay, what it
        began to write of later ones goes. 0 begins anew.

    Raises
    ------
    InvalidInputError
        Where the file holds anything but rejects: it is left alone.
    """

    def __init__(self, path: Path, after: int = 0) -> None:
        self.path = path
        self.count = 0
        self._file: IO[bytes] | None = None
        if path.is_file():
            self._keep(after)

    def _keep(self, after: int) -> None:
        decoder, whole = msgspec.json.Decoder(_Kept), 0
        with self.path.open("r+b") as file:
            for line in file:
                try:
                    row = decoder.decode(line).row
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if whole == 0 and line.endswith(b"\n"):
                        problem = "exists and holds something else than rejects"
                        raise InvalidInputError(
                            FieldProblem(str(self.path), problem, "name another file: --rejects")
                        ) from error
                    break  # cut short when it was written
                if row > after or not line.endswith(b"\n"):
                    break
                whole += len(line)
            file.truncate(whole)
        if not whole:
            self.path.unlink()

    def add(self, row: Row, problems: Sequence[FieldProblem] = ()) -> None:
        """Write one rejected row, with its own problems unless others are given."""
        if self._file is None:
            self._file = self.path.open("ab")
        named = [
            {"field": p.field, "problem": p.problem, "remedy": p.remedy}
            for p in problems or row.problems
        ]
        raw = row.raw.encode("utf-8", "replace").decode()[:2_000]
        reject = {"row": row.number, "line": row.line, "problems": named, "raw": raw}
        self._file.write(msgspec.json.encode(reject) + b"\n")
        self.count += 1

    def sync(self) -> None:
        """Bring what was added to the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def __enter__(self) -> RejectFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
