"""Titles written in Japanese for each topic of the starter pack: two halves and a second set.

``japanese/development`` is for writing rules; ``japanese/set_aside`` is scored once, when the
rules are finished. ``japanese/second_set_aside`` was written later and undivided, to score once
the rules that were changed after that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

import msgspec

from mimawari.listings.normalise import canonical

FOLDER = Path(__file__).parent / "japanese"
SEED = "japanese-titles-1"
Half = Literal["development", "set_aside", "second_set_aside"]
HALVES: tuple[Half, ...] = get_args(Half)


class Title(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One listing as a seller writes it.

    ``indirect`` marks a violation whose wording avoids the usual name of what is sold; ``note``
    says what is meant.
    """

    title: str
    description: str = ""
    indirect: bool = False
    note: str = ""

    @property
    def text(self) -> str:
        """Title and description, as detectors read them."""
        return f"{self.title}\n{self.description}" if self.description else self.title


class TopicTitles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Violating and permitted titles of one topic."""

    topic: str
    violating: tuple[Title, ...]
    near_misses: tuple[Title, ...]

    def all(self) -> tuple[Title, ...]:
        """Give the violating titles, then the near misses."""
        return self.violating + self.near_misses


def read(half: Half) -> list[TopicTitles]:
    """Read one half or the second set, ordered by topic."""
    return list(read_folder(FOLDER / half))


def read_folder(folder: Path) -> Iterator[TopicTitles]:
    """Read every topic's file of a folder."""
    for path in sorted(folder.glob("*.toml")):
        yield msgspec.toml.decode(path.read_bytes(), type=TopicTitles)


def letters(text: str) -> str:
    """Fold the text and keep letters and digits: equal for titles that differ in ornaments.

    Examples
    --------
    >>> letters("【新品】 ﾏｽｸ★50枚") == letters("新品 マスク 50枚")
    True
    """
    return "".join(c for c in canonical(text) if c.isalnum())


def split(whole: TopicTitles) -> tuple[TopicTitles, TopicTitles]:
    """Divide a topic's titles into a development half and one that is set aside.

    Direct violations, indirect ones and near misses are halved apart, by the order of their
    hashes, so that the halves are equally hard.
    """
    direct = halved(t for t in whole.violating if not t.indirect)
    indirect = halved(t for t in whole.violating if t.indirect)
    permitted = halved(whole.near_misses)
    halves = [
        TopicTitles(whole.topic, violating=direct[i] + indirect[i], near_misses=permitted[i])
        for i in range(2)
    ]
    return halves[0], halves[1]


def halved(titles: Iterable[Title]) -> tuple[tuple[Title, ...], tuple[Title, ...]]:
    """Divide titles by the rank of their hash; an odd one goes to the set-aside half."""
    ordered = sorted(titles, key=_hash)
    middle = len(ordered) // 2
    return tuple(ordered[:middle]), tuple(ordered[middle:])


def _hash(title: Title) -> str:
    return hashlib.sha256(f"{SEED}\n{title.text}".encode()).hexdigest()
