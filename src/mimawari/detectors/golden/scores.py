"""Golden scores lie in a model's folder; another process must come to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors import sealed
from mimawari.detectors.golden.environment import Environment
from mimawari.detectors.golden.listings import golden_listings
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.base import Detector
    from mimawari.detectors.loading import Model

GOLDEN = sealed.GOLDEN
CLOSE = 1e-6
"""How far a probability may be off on another processor or with other libraries."""


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model said of listings: probabilities (None: no opinion), and where."""

    listings: tuple[Listing, ...]
    scores: tuple[float | None, ...]
    made_on: Environment

    def array(self) -> NDArray[np.float32]:
        """Give the scores, shape (listings,); NaN is 'no opinion'."""
        return np.array([np.nan if s is None else s for s in self.scores], np.float32)


class GoldenDifference(msgspec.Struct, frozen=True):
    """How far a model's scores are from its golden ones.

    Parameters
    ----------
    greatest
        The greatest difference of two probabilities; 1 where one of both has no opinion.
    listing
        The title where it is; empty where there is none.
    environment
        What is otherwise here than where it was trained.
    """

    greatest: float
    listing: str
    environment: tuple[str, ...]

    @property
    def allowed(self) -> float:
        """The greatest difference that is none: 0 on the same processor with the same libraries."""
        return CLOSE if self.environment else 0.0

    @property
    def matches(self) -> bool:
        """Whether the model says what it said where it was trained."""
        return self.greatest <= self.allowed


def add_golden(folder: Path, detector: Detector) -> str:
    """Score the golden listings by the model of a folder and seal them in; gives its version.

    Parameters
    ----------
    detector
        Loaded from the folder, so that what is kept is what a scorer computes.
    """
    listings = golden_listings()
    scores = detector.score(ListingBatch.of(listings))[:, 0]
    plain = tuple(None if np.isnan(score) else float(score) for score in scores)
    golden = Golden(listings, plain, Environment.here())
    return sealed.add(folder, GOLDEN, msgspec.json.encode(golden))


def read_golden(folder: Path) -> Golden | None:
    """Read a folder's golden scores; None where it was trained before there were any.

    Raises
    ------
    InvalidInputError
        The file has changed, or holds something else.
    """
    manifest, _ = sealed.read_manifest(folder)
    if GOLDEN not in manifest.files:
        return None
    contents = sealed.read(folder, manifest.kind, files=manifest.files).contents[GOLDEN]
    try:
        golden = msgspec.json.decode(contents, type=Golden)
    except msgspec.MsgspecError as error:
        raise sealed.refuse(folder / GOLDEN, f"cannot be read ({error})") from error
    if len(golden.listings) != len(golden.scores) or not golden.listings:
        raise sealed.refuse(folder / GOLDEN, "does not give each listing a score")
    return golden


def compare_golden(model: Model, golden: Golden) -> GoldenDifference:
    """Score the listings again and give the greatest difference."""
    now = model.score(ListingBatch.of(golden.listings))[:, 0].astype(np.float64)
    was = golden.array().astype(np.float64)
    unlike = np.isnan(now) != np.isnan(was)
    both_silent = np.isnan(now) & np.isnan(was)
    off = np.where(unlike, 1.0, np.where(both_silent, 0.0, np.abs(now - was)))
    worst = int(np.argmax(off))
    title = golden.listings[worst].title if off[worst] else ""
    return GoldenDifference(
        float(off[worst]), title, golden.made_on.differences(Environment.here())
    )
