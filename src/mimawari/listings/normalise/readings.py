"""Readings: words that mean the same, written in other scripts or as pictures."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise.tables import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

PACKAGED = "readings.toml"
MOST_CHARACTERS = 100
Entry: TypeAlias = tuple[str, str, list[str]]
# Particles that may follow a kana variant: ないきの, ないきを.
PARTICLES = np.array([ord(c) for c in "のはがをとでもにやへ"], np.uint32)


class Trie(NamedTuple):
    """All variants as arrays: a hashed trie, and the readings at its leaves."""

    keys: NDArray[np.int64]
    values: NDArray[np.int32]
    opens: NDArray[np.uint8]
    reading: NDArray[np.int32]
    starts: NDArray[np.int32]
    readings: NDArray[np.uint32]
    particles: NDArray[np.uint32]


@dataclass(frozen=True)
class Readings:
    """A table of readings: each variant (folded) and what it reads as (folded).

    Examples
    --------
    >>> Readings.of({"nike": ["ないき"]}).variants
    {'ないき': 'nike'}
    """

    variants: dict[str, str]

    @classmethod
    def of(cls, table: Mapping[str, list[str]], where: str = "readings") -> Readings:
        """Fold a table ``canonical -> variants``; a variant may read as one word only.

        Raises
        ------
        InvalidInputError
            With every contradiction and its two places.
        """
        return cls._fold((f"{where}.{reading}", reading, words) for reading, words in table.items())

    @classmethod
    def load(cls, *paths: Path) -> Readings:
        """Read TOML files of tables ``canonical = [variants]``; later files add to earlier ones."""
        return cls._fold(entry for path in paths for entry in entries(_text(path), path.name))

    @classmethod
    def extended(cls, *paths: Path) -> Readings:
        """Give the package's table with those of files added to it.

        Examples
        --------
        >>> Readings.extended().variants["ないき"]
        'nike'
        """
        own = (entry for path in paths for entry in entries(_text(path), path.name))
        return cls._fold(itertools.chain(entries(_packaged(), PACKAGED), own))

    @classmethod
    def _fold(cls, table: Iterable[Entry]) -> Readings:
        from mimawari.listings.normalise.texts import canonical  # texts needs readings

        nothing = cls({})
        variants: dict[str, str] = {}
        places: dict[str, str] = {}
        problems: list[FieldProblem] = []
        for place, reading, words in table:
            target = canonical(reading, nothing)
            for word in words:
                folded = canonical(word, nothing)
                if max(len(word), len(reading)) > MOST_CHARACTERS:
                    problem = f"holds a text of {max(len(word), len(reading)):,} characters"
                    problems.append(FieldProblem(place, problem, f"at most {MOST_CHARACTERS}"))
                elif not folded or not target:
                    problem = f"{word if target else reading!r} folds to nothing"
                    problems.append(FieldProblem(place, problem, "remove it"))
                elif variants.get(folded, target) != target:
                    problem = f"{word!r} already reads as {variants[folded]!r} ({places[folded]})"
                    problems.append(FieldProblem(place, problem, "keep one of the two"))
                elif folded != target:
                    variants[folded] = target
                    places[folded] = place
        problems += _chains(variants, places)
        if problems:
            raise InvalidInputError(*problems)
        return cls(variants)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Identify the table, in whatever order it was written."""
        table = json.dumps(sorted(self.variants.items()), ensure_ascii=False)
        return hashlib.sha256(table.encode()).hexdigest()[:16]

    @functools.cached_property
    def growth(self) -> int:
        """How many code points one code point of a variant can become, at most."""
        sizes = [math.ceil((len(r) + 2) / len(v)) for v, r in self.variants.items()]
        return max(sizes, default=1)

    @functools.cached_property
    def trie(self) -> Trie:
        """The variants as arrays for the kernel."""
        edges: dict[tuple[int, int], int] = {}
        leaves = [-1]
        texts = sorted(set(self.variants.values()))
        for variant, text in self.variants.items():
            node = 0
            for char in variant:
                if (node, ord(char)) not in edges:
                    edges[node, ord(char)] = len(leaves)
                    leaves.append(-1)
                node = edges[node, ord(char)]
            leaves[node] = texts.index(text)
        size = 1 << max(4, (2 * len(edges)).bit_length())
        keys, values = np.full(size, -1, np.int64), np.zeros(size, np.int32)
        for (node, code), target in edges.items():
            key = node << 21 | code
            slot = (key * 0x9E3779B1) & (size - 1)
            while keys[slot] != -1:
                slot = (slot + 1) & (size - 1)
            keys[slot], values[slot] = key, target
        opens = np.zeros(LIMIT, np.uint8)
        opens[np.array([ord(v[0]) for v in self.variants], np.int64)] = 1
        bounds = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        codes = np.array([ord(c) for t in texts for c in t], np.uint32)
        return Trie(keys, values, opens, np.array(leaves, np.int32), bounds, codes, PARTICLES)


def entries(text: str, name: str) -> Iterator[Entry]:
    """Read the tables of a file: place, reading and variants of each line.

    Raises
    ------
    InvalidInputError
        For text that is no TOML, and for anything but lists of texts in tables.
    """
    try:
        sections = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInputError(FieldProblem(name, f"is no TOML: {error}", "mend it")) from error
    for section, table in sections.items():
        if not isinstance(table, dict):
            place = f"{name}: {section}"
            raise InvalidInputError(FieldProblem(place, "is no table", "write [section] first"))
        for reading, words in table.items():
            place = f"{name}: {section}.{reading}"
            if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
                remedy = 'write a list of texts: ["アクメ"]'
                problem = FieldProblem(place, f"is {str(words)[:40]!r}", remedy)
                raise InvalidInputError(problem)
            yield place, reading, words


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 at byte {error.start}"
        raise InvalidInputError(FieldProblem(str(path), problem, "save it as UTF-8")) from error
    except OSError as error:
        problem = error.strerror or "cannot be read"
        remedy = "name a TOML file of readings"
        raise InvalidInputError(FieldProblem(str(path), problem, remedy)) from error


def _chains(variants: Mapping[str, str], places: Mapping[str, str]) -> Iterator[FieldProblem]:
    """Find variants inside of readings: folding a folded text would change it."""
    for target in sorted(set(variants.values())):
        for start in range(len(target)):
            for end in range(start + 1, len(target) + 1):
                part = target[start:end]
                if part in variants and _is_word(target, start, end):
                    problem = f"{part!r} is a variant, and stands in the reading {target!r}"
                    yield FieldProblem(places[part], problem, "let it read as another word")


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether a variant could be read at this place: Latin ones are whole words only."""
    if not text[start].isascii():
        return True
    around = text[start - 1 : start] + text[end : end + 1]
    return not any(c.isascii() and c.isalnum() for c in around)


def _packaged() -> str:
    return files(__package__).joinpath(PACKAGED).read_text("utf-8")


@functools.cache
def packaged_readings() -> Readings:
    """Give the table that comes with the package."""
    return Readings.extended()


_in_force: Readings | None = None


def default_readings() -> Readings:
    """Give the table that texts are folded by where no other is given."""
    return packaged_readings() if _in_force is None else _in_force


def use_readings(readings: Readings | None) -> None:
    """Fold by this table from now on, in the whole process; None: by the package's.

    Rules fold their words when they are compiled, and models have learnt from folded texts:
    set it before either is loaded.

    Examples
    --------
    >>> from mimawari.listings.normalise import canonical
    >>> use_readings(Readings.of({"acme": ["アクメ"]}))
    >>> canonical("アクメの靴")
    'acme の靴'
    >>> use_readings(None)
    """
    global _in_force  # noqa: PLW0603  # one canonical form a process: that is the point
    _in_force = readings
