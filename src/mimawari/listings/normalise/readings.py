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
from typing import TYPE_CHECKING, TypeAlias

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.normalise.lexicon import Lexicon, digest, lexicon_with
from mimawari.listings.normalise.tables import VERSION
from mimawari.listings.normalise.texts import CanonicalTexts
from mimawari.listings.normalise.trie import Trie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

PACKAGED = "readings.toml"
MOST_CHARACTERS = 100
Entry: TypeAlias = tuple[str, str, list[str]]


@dataclass(frozen=True)
class Readings:
    """A table of readings: each variant (folded) and what it reads as (folded).

    ``words`` are all that variants read as: what is broken is mended to them, too.

    Examples
    --------
    >>> Readings.of({"nike": ["ないき"]}).variants
    {'ないき': 'nike'}
    """

    variants: dict[str, str]
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: Mapping[str, list[str]], where: str = "readings") -> Readings:
        """Fold a table ``canonical -> variants``; a variant may read as one word only.

        Raises
        ------
        InvalidInputError
            With every contradiction and its two places.
        """
        return cls._of_entries(
            (f"{where}.{reading}", reading, words) for reading, words in table.items()
        )

    @classmethod
    def load(cls, *paths: Path) -> Readings:
        """Read TOML files of tables ``canonical = [variants]``; later files add to earlier ones."""
        return cls._of_entries(entry for path in paths for entry in entries(_text(path), path.name))

    @classmethod
    def extended(cls, *paths: Path) -> Readings:
        """Give the package's table with those of files added to it.

        Examples
        --------
        >>> Readings.extended().variants["ないき"]
        'nike'
        """
        own = (entry for path in paths for entry in entries(_text(path), path.name))
        return cls._of_entries(itertools.chain(entries(_packaged(), PACKAGED), own))

    @classmethod
    def _of_entries(cls, table: Iterable[Entry]) -> Readings:
        nothing = cls({})
        variants: dict[str, str] = {}
        places: dict[str, str] = {}
        problems: list[FieldProblem] = []
        known: set[str] = set()
        for place, reading, words in table:
            target = nothing.fold([reading]).text(0)
            known.add(target)
            for word in words:
                folded = nothing.fold([word]).text(0)
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
        return cls(variants, frozenset(known))

    def fold(self, texts: Sequence[str], lexicon: Lexicon | None = None) -> CanonicalTexts:
        """Fold texts by this table, and mend words to its own ones and the package's."""
        lexicon = self.lexicon if lexicon is None else lexicon
        return CanonicalTexts.of(texts, self.trie, lexicon, self.growth)

    @functools.cached_property
    def lexicon(self) -> Lexicon:
        """The words that broken ones are mended to: the package's, variants and readings."""
        return lexicon_with(frozenset((*self.variants, *self.variants.values(), *self.words)))

    @functools.cached_property
    def fingerprint(self) -> str:
        """Identify the table, in whatever order it was written."""
        parts = (VERSION, digest(), sorted(self.words), sorted(self.variants.items()))
        table = json.dumps(parts, ensure_ascii=False)
        return hashlib.sha256(table.encode()).hexdigest()[:16]

    @functools.cached_property
    def growth(self) -> int:
        """How many code points one code point of a variant can become, at most."""
        sizes = [math.ceil((len(r) + 2) / len(v)) for v, r in self.variants.items()]
        return max(sizes, default=1)

    @functools.cached_property
    def trie(self) -> Trie:
        """The variants as arrays for the kernel."""
        return Trie.of(self.variants)


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
