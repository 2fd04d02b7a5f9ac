"""Stored scores of one model and topic, one listing a seller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.listings.listing import Listing
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.records.manifest import Manifest

MOST_ROWS = 5_000
"""Rows that a look counts, the newest: a look costs the same however much is scored."""


class ScoredRow(msgspec.Struct, frozen=True):
    """What all models of a generation gave one listing version."""

    version: int
    generation: int
    scores: bytes
    seller: str


class Draw(msgspec.Struct, frozen=True):
    """What one model gave one listing version; NaN is no score."""

    version: int
    seller: str
    score: float


def newest_rows(after: int, most: int = MOST_ROWS) -> list[ScoredRow]:
    """Give the newest rows behind a listing version, in the order in which they came.

    A row that is committed after one behind it was looked at is not counted: which listing is
    counted does not depend on what it was given.
    """
    rows = Score.objects.filter(pk__gt=after).order_by("-pk")
    return _read(rows, most)[::-1]


def rows_before(generation: int, most: int) -> list[ScoredRow]:
    """Give the newest rows of earlier generations, the newest first."""
    return _read(Score.objects.filter(generation__lt=generation).order_by("-pk"), most)


def _read(rows: Iterable[Score], most: int) -> list[ScoredRow]:
    names = ("pk", "generation_id", "model_scores", "listing_version__seller_id")
    values = rows.values_list(*names)[:most]  # type: ignore[attr-defined]
    return [ScoredRow(pk, number, bytes(scores), seller) for pk, number, scores, seller in values]


class Manifests:
    """The manifests of rows' generations, each read once."""

    def __init__(self) -> None:
        self._known: dict[int, Manifest] = {}

    def read(self, rows: Iterable[ScoredRow]) -> None:
        """Read those that are not known yet, with one query."""
        new = {row.generation for row in rows} - self._known.keys()
        known = Generation.objects.in_bulk(new) if new else {}
        self._known |= {number: generation.manifest for number, generation in known.items()}

    def __getitem__(self, number: int) -> Manifest:
        return self._known[number]


def draws(
    rows: Sequence[ScoredRow],
    manifests: Manifests,
    model_of: Callable[[Manifest], str | None],
    file: TopicFile,
) -> list[Draw]:
    """Give what a topic's model gave, of the first listing of each seller.

    Parameters
    ----------
    model_of
        Which model of the topic is looked at, by the manifest of the row; None: the row is not.
    file
        The topic file: listings of markets that it does not concern are left out, as nothing is
        said of them.
    """
    sellers: set[str] = set()
    drawn: list[Draw] = []
    for row in rows:
        model = model_of(manifests[row.generation])
        # An erased version has no seller any more.
        if model is None or not row.seller or row.seller in sellers:
            continue
        columns = manifests[row.generation].columns
        at = [(topic, d.model) for topic, d in columns].index((file.topic, model))
        sellers.add(row.seller)
        score = float(np.frombuffer(row.scores, "<f4")[at])
        drawn.append(Draw(row.version, row.seller, score))
    return _concerned(drawn, file) if file.markets else drawn


def _concerned(drawn: list[Draw], file: TopicFile) -> list[Draw]:
    outside = _outside([draw.version for draw in drawn if np.isnan(draw.score)], file)
    return [draw for draw in drawn if draw.version not in outside]


def _outside(versions: Collection[int], file: TopicFile) -> set[int]:
    rows = ListingVersion.objects.filter(pk__in=versions).values_list("pk", "payload")
    return {
        pk for pk, payload in rows if not file.concerns(msgspec.json.decode(payload, type=Listing))
    }
