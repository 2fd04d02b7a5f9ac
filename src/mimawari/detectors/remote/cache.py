"""Answers that were paid for, kept on disk: a second run asks nothing twice."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from mimawari.detectors.remote.answers import Opinion
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

GROUP = 500
TABLE = """
CREATE TABLE IF NOT EXISTS opinions (
    question TEXT PRIMARY KEY,
    violates REAL NOT NULL CHECK (violates BETWEEN 0 AND 100),
    why TEXT NOT NULL
) WITHOUT ROWID
"""


class AnswerCache:
    """Opinions by the hash of their question; texts of listings are not kept.

    Parameters
    ----------
    path
        SQLite file; None keeps them in memory.

    Raises
    ------
    InvalidInputError
        The file cannot be used, from the start or later (a full disk).

    Examples
    --------
    >>> cache = AnswerCache(None)
    >>> cache.put({"q": Opinion(80, "a gun")}); cache.get(["q", "other"])
    {'q': Opinion(violates=80.0, why='a gun')}
    >>> cache.close()
    """

    def __init__(self, path: Path | None) -> None:
        self._name = str(path or "memory")
        self._lock = threading.Lock()
        with self._errors_as_problems():
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # The lock takes the place of SQLite's check that one thread uses it.
            self._store = sqlite3.connect(path or ":memory:", timeout=10, check_same_thread=False)
            try:
                self._store.execute("PRAGMA journal_mode=WAL")
                self._store.execute(TABLE)
                self._store.execute("SELECT question, violates, why FROM opinions LIMIT 0")
            except sqlite3.Error:
                self._store.close()
                raise

    def get(self, questions: Iterable[str]) -> dict[str, Opinion]:
        """Give the opinions that are known."""
        opinions: dict[str, Opinion] = {}
        left = iter(questions)
        with self._errors_as_problems(), self._lock:
            while group := list(islice(left, GROUP)):
                places = ",".join("?" * len(group))
                rows = self._store.execute(
                    f"SELECT * FROM opinions WHERE question IN ({places})",  # noqa: S608  # marks only
                    group,
                )
                opinions |= {question: Opinion(violates, why) for question, violates, why in rows}
        return opinions

    def put(self, opinions: Mapping[str, Opinion]) -> None:
        """Keep opinions, durably before this returns."""
        rows = [(question, opinion.violates, opinion.why) for question, opinion in opinions.items()]
        with self._errors_as_problems(), self._lock, self._store:
            self._store.executemany("INSERT OR REPLACE INTO opinions VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._store.close()

    @contextmanager
    def _errors_as_problems(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            problem = FieldProblem(f"cache {self._name}", str(error), "name another file")
            raise InvalidInputError(problem) from error
