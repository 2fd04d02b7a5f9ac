"""Days cut into parts of about one size: what a task replays, and what it keeps of each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

import msgspec

from mimawari.datasets.history.sent_pages import group_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PARTS = "parts"


class Part(msgspec.Struct, frozen=True, order=True):
    """Groups of rows of a day, from the first to before the end."""

    day: date
    first: int
    end: int

    @property
    def name(self) -> str:
        """As tasks are given it, and its file is named."""
        return f"{self.day}.{self.first}-{self.end}"

    @classmethod
    def of(cls, name: str) -> Self:
        """Read a name.

        Examples
        --------
        >>> Part.of("2026-03-01.0-15").end
        15
        """
        day, _, groups = name.partition(".")
        first, _, end = groups.partition("-")
        return cls(date.fromisoformat(day), int(first), int(end))


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A listing version on a list; ``seller`` and ``tie`` are hashes, nothing of the text is kept.

    ``alike`` says which part of the market of each kind it is in.
    """

    number: int
    score: float
    tie: str
    seller: str
    alike: dict[str, str]


class TopicLists(msgspec.Struct, frozen=True, kw_only=True):
    """What a part gives for a topic.

    Parameters
    ----------
    scored
        Versions that both said something of, or nothing, which is no failure.
    violations, others
        Numbers of labelled versions among them.
    held
        How many reach the score from which listings are hidden: of candidate and champion.
    failure
        Why one of both gave no scores; the lists are empty then.
    """

    scored: int
    candidate: tuple[Entry, ...] = ()
    champion: tuple[Entry, ...] = ()
    violations: int = 0
    others: int = 0
    held: tuple[int, int] = (0, 0)
    failure: str = ""


class PartLists(msgspec.Struct, frozen=True, kw_only=True):
    """What was replayed of a part."""

    part: Part
    topics: dict[str, TopicLists]


def shared(files: Iterable[tuple[date, Path]], tasks: int) -> list[list[Part]]:
    """Share the days' groups of rows among tasks, of each day what follows each other.

    A file's groups are of one size but for the last of each page that was written, so tasks differ
    by a group or so of each day.
    """
    sizes = [(day, group_sizes(path)) for day, path in files]
    total = sum(sum(groups) for _, groups in sizes)
    room = max(1, -(-total // max(1, tasks)))
    given: list[list[Part]] = [[]]
    taken = 0
    for day, groups in sizes:
        first = 0
        for group, rows in enumerate(groups):
            taken += rows
            if taken >= room and len(given) < tasks:
                given[-1].append(Part(day, first, group + 1))
                given.append([])
                first, taken = group + 1, 0
        if first < len(groups):
            given[-1].append(Part(day, first, len(groups)))
    return [parts for parts in given if parts]
