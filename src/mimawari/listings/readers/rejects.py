"""The reject file: what could not be taken in, where it stood, and why."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from mimawari.listings.readers.rows import Row


class RejectFile:
    """Appends rejected rows to a JSONL file, made when the first one comes.

    Each line holds ``row``, ``line``, ``problems`` (field, problem, remedy) and ``raw``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[bytes] | None = None

    def add(self, row: Row) -> None:
        """Write one rejected row."""
        if self._file is None:
            self._file = self.path.open("ab")
        problems = [
            {"field": p.field, "problem": p.problem, "remedy": p.remedy} for p in row.problems
        ]
        raw = row.raw.encode("utf-8", "replace").decode()
        said = {"row": row.number, "line": row.line, "problems": problems, "raw": raw}
        self._file.write(msgspec.json.encode(said) + b"\n")
        self.count += 1

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
