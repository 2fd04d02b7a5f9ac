"""What a topic's detector may be made from, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.gmu.training.rows import LabelledListings
from mimawari.detectors.gmu.training.settings import Settings as GmuSettings
from mimawari.detectors.sentences.training import embed
from mimawari.evaluation.choosing.remarks import Trained
from mimawari.listings.media.pictures import NO_PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.rules import RuleSet
    from mimawari.detectors.sentences.artifact import EncoderFiles
    from mimawari.listings.media.pictures import Pictures

DAY = 86_400.0


class Settings(msgspec.Struct, frozen=True):
    """How each kind is trained, and in how many seller-grouped folds they are compared."""

    gbdt: GbdtSettings = GbdtSettings()
    gmu: GmuSettings = GmuSettings()
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Task:
    """A topic's labelled listings, and what else may help.

    Parameters
    ----------
    others
        Labels of further topics for the same rows, which the gated unit learns along: 1, 0, or
        NaN for unknown; shape (n,) each.
    rules
        A rule set that has the topic.
    encoder
        ONNX file of a picture encoder.
    sentences
        Files of a sentence encoder.
    vectors
        Sentence vectors of the rows, once they are known.
    trained
        What the text scores that were trained from it say of themselves.
    checkpoints
        Folder from which a training of the gated unit that was stopped goes on.
    """

    topic: str
    rows: Rows
    settings: Settings = field(default_factory=Settings)
    others: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    pictures: Pictures = NO_PICTURES
    rules: RuleSet | None = None
    encoder: bytes | None = None
    sentences: EncoderFiles | None = None
    checkpoints: Path | None = None

    vectors: list[NDArray[np.float32]] = field(default_factory=list, repr=False, compare=False)
    trained: Trained = field(default_factory=Trained, repr=False, compare=False)

    @cached_property
    def folds(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Rows to fit on and rows held out, no seller in both."""
        settings = self.settings
        return list(grouped_folds(self.rows.y, self.rows.groups, settings.folds, settings.seed))

    @cached_property
    def labelled(self) -> LabelledListings:
        """The rows with the labels of all topics, this one's first."""
        y = np.column_stack((self.rows.y.astype(np.float32), *self.others.values()))
        weight = np.repeat(self.rows.weight.astype(np.float32)[:, None], y.shape[1], axis=1)
        topics = (self.topic, *self.others)
        return LabelledListings(topics, self.rows.listings, y, weight, self.pictures)

    def embedded(self, progress: Callable[[str, int, int], None]) -> NDArray[np.float32]:
        """Give the sentence vectors of the rows, computed once; shape (n, width)."""
        if self.sentences is None:
            raise ValueError("no sentence encoder was named")
        if not self.vectors:
            reading_progress = partial(progress, "reading")
            self.vectors.append(embed(self.rows, self.sentences, reading_progress))
        return self.vectors[0]


def days(rows: Rows) -> int:
    """Give the days that listings cover, by their own times; 1 where they have none.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from mimawari.detectors.gbdt.rows import Rows
    >>> from mimawari.listings.listing import Listing
    >>> two = tuple(Listing(id=str(d), version=1, seller_id="s", title="t",
    ...                     created_at=datetime(2026, 1, d, tzinfo=UTC)) for d in (1, 8))
    >>> days(Rows(two, np.array([True, False]), np.ones(2)))
    7
    """
    known = rows.times[~np.isnan(rows.times)]
    return max(1, math.ceil((known.max() - known.min()) / DAY)) if len(known) else 1
