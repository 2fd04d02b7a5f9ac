"""Readings: words that mean the same, written in other scripts or as pictures."""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise.tables import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

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
        """Fold a table ``canonical -> variants``; a variant may read as one word only."""
        from mimawari.listings.normalise.texts import canonical  # texts needs readings

        nothing = cls({})
        variants: dict[str, str] = {}
        for reading, words in table.items():
            target = canonical(reading, nothing)
            for word in words:
                folded = canonical(word, nothing)
                if not folded or not target:
                    raise InvalidInputError(
                        FieldProblem(
                            f"{where}.{reading}", f"{word!r} folds to nothing", "remove it"
                        )
                    )
                if variants.get(folded, target) != target:
                    raise InvalidInputError(
                        FieldProblem(
                            f"{where}.{reading}",
                            f"{word!r} already reads as {variants[folded]!r}",
                            "keep one of the two",
                        )
                    )
                if folded != target:
                    variants[folded] = target
        chained = sorted(v for v in variants.values() if v in variants)
        if chained:
            raise InvalidInputError(
                FieldProblem(where, f"{chained[0]!r} is both a reading and a variant", "use one")
            )
        return cls(variants)

    @classmethod
    def load(cls, *paths: Path) -> Readings:
        """Read TOML files of tables ``canonical = [variants]``; later files add to earlier ones."""
        merged: dict[str, list[str]] = {}
        for path in paths:
            for name, section in tomllib.loads(path.read_text("utf-8")).items():
                if not isinstance(section, dict):
                    raise InvalidInputError(
                        FieldProblem(f"{path.name}: {name}", "is no table", "write [section] first")
                    )
                for reading, words in section.items():
                    merged.setdefault(reading, []).extend(words)
        return cls.of(merged)

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


@functools.cache
def default_readings() -> Readings:
    """Give the table that comes with the package."""
    section = tomllib.loads(files(__package__).joinpath("readings.toml").read_text("utf-8"))
    return Readings.of({k: v for part in section.values() for k, v in part.items()})
