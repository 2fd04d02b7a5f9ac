"""Other words for the same thing: slang, code words, abbreviations."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.disguises.base import TRAINING, Respelling
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

Tables = dict[str, dict[str, list[str]]]
"""Topic, then a word and what stands for it."""


def read_synonyms(path: Path) -> Tables:
    """Read tables of synonyms from TOML.

    Raises
    ------
    InvalidInputError
        The file is no TOML, or its tables are not of lists of texts.
    """
    try:
        tables = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Tables)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        remedy = 'write [TOPIC] and below it lines such as gun = ["strap"]'
        raise InvalidInputError(
            FieldProblem(path.name, f"cannot be read ({error})", remedy)
        ) from error
    for topic, table in tables.items():
        for word, others in table.items():
            if not others or not all(synonym.strip() for synonym in others):
                problem = "has nothing to stand for it"
                raise InvalidInputError(
                    FieldProblem(f"{path.name}: {topic}.{word}", problem, "give at least one word")
                )
    return tables


@functools.cache
def built_in() -> Tables:
    """Give the package's table."""
    return read_synonyms(Path(__file__).with_name("synonyms.toml"))


def synonyms(*tables: Mapping[str, Mapping[str, Sequence[str]]]) -> Respelling:
    """Make the disguise from tables; later ones win, the package's where none is given.

    Examples
    --------
    >>> import numpy as np
    >>> synonyms({"weapons": {"gun": ["strap"]}}).respell("Gun", np.random.default_rng(0))
    'strap'
    """
    known: dict[str, Sequence[str]] = {}
    for table in tables or (built_in(),):
        for entries in table.values():
            known.update({word.casefold(): others for word, others in entries.items()})

    def other(word: str, random: np.random.Generator) -> str:
        return pick(random, known.get(word.casefold(), (word,)))

    return Respelling("synonyms", "slang changes faster than word lists", TRAINING, False, other)


SYNONYMS = synonyms()
