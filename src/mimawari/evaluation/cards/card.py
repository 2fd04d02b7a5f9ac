"""The facts of a card, whatever it is written as."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mimawari.records.json import JsonObject
from mimawari.records.measured import Figure, Table


class CardFigure(msgspec.Struct, frozen=True):
    """A figure, and when it was measured."""

    at: datetime
    figure: Figure


class CardDataSet(msgspec.Struct, frozen=True, kw_only=True):
    """What the model learnt from.

    Parameters
    ----------
    version
        Of the data set that was kept; empty where none was.
    sha256
        Of the listings with their labels; empty where it is not known.
    rows, positives, sellers
        How many were learnt from.
    languages
        Listing versions by language, where a data set was kept.
    """

    version: str = ""
    sha256: str = ""
    rows: int | None = None
    positives: int | None = None
    sellers: int | None = None
    languages: dict[str, int] = {}


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a registered model.

    Parameters
    ----------
    at
        When the card was written.
    digest, files
        sha256 of the folder (of its files' digests in the order of their names) and of each
        file; empty where the folder is not at hand.
    libraries
        Version of each library that computed its scores where it was trained.
    figures, tables, absent
        The newest figure of each measure, the tables of the last validation, and what that could
        not measure, with the reason.
    stages
        Those that it entered, the last one at the end.
    """

    version: str
    topic: str
    kind: str
    at: datetime
    registered_at: datetime
    registered_by: str
    fingerprint: str
    digest: str
    files: dict[str, str]
    libraries: dict[str, str]
    lineage: JsonObject
    data: CardDataSet
    figures: tuple[CardFigure, ...]
    tables: tuple[Table, ...]
    absent: dict[str, str]
    stages: tuple[str, ...]
