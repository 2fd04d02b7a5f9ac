"""Labelled listings of one topic or many, and everything of them that a step is cut from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt.linear import length_scale
from mimawari.detectors.gmu import table
from mimawari.detectors.gmu.pictures import averaged, gathered, scaled
from mimawari.detectors.gmu.trunk import PICTURES_AT_ONCE, picture_network
from mimawari.detectors.ngrams import hash_batch
from mimawari.listings.batch import ListingBatch
from mimawari.listings.media.pictures import NO_PICTURES
from mimawari.listings.prices import PriceReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.gmu.spec import GmuSpec, PictureSpec
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures


@dataclass(frozen=True, slots=True)
class LabelledListings:
    """Listings with their labels for some topics.

    Parameters
    ----------
    y
        1 violates, 0 does not, NaN unknown; shape (n, topics).
    weight
        Listings that each row stands for, by topic; shape (n, topics).
    """

    topics: tuple[str, ...]
    listings: tuple[Listing, ...]
    y: NDArray[np.float32]
    weight: NDArray[np.float32]
    pictures: Pictures = NO_PICTURES

    @classmethod
    def of(cls, rows: Rows, topic: str, pictures: Pictures = NO_PICTURES) -> LabelledListings:
        """Take the rows of one topic."""
        y, weight = rows.y.astype(np.float32), rows.weight.astype(np.float32)
        return cls((topic,), rows.listings, y[:, None], weight[:, None], pictures)

    @property
    def groups(self) -> NDArray[np.str_]:
        """Sellers."""
        return np.array([listing.seller_id for listing in self.listings])


@dataclass(frozen=True)
class Prepared:
    """Rows as arrays; row ``i`` of a ragged one is ``values[starts[i]:starts[i + 1]]``."""

    grams: tuple[NDArray[np.int64], NDArray[np.int32]]
    scale: NDArray[np.float32]
    numbers: NDArray[np.float32]
    shelves: tuple[NDArray[np.int64], NDArray[np.int32]]
    present: NDArray[np.float32]
    pixels: NDArray[np.uint8] | None
    owner_starts: NDArray[np.int64] | None
    features: NDArray[np.float32] | None
    prices: PriceReference
    scaling: table.Scaling

    @cached_property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.scale)


def prepare(data: LabelledListings, spec: GmuSpec, encoder: bytes | None = None) -> Prepared:
    """Hash texts, scale numbers, decode pictures: once for all epochs.

    Parameters
    ----------
    encoder
        ONNX file of a picture encoder from outside; its features are computed here.
    """
    batch = ListingBatch.of(data.listings, pictures=data.pictures)
    prices = PriceReference.fit(data.listings)
    scaling = table.fit_scaling(table.raw_numbers(data.listings, prices))
    present = [
        np.diff(batch.texts.starts) > 0,
        [table.has_table(listing) for listing in data.listings],
    ]
    pixels = owner_starts = features = None
    if spec.picture is not None:
        pixels, owners = gathered(batch, spec.picture)
        counts = np.bincount(owners, minlength=len(batch))
        present.append(counts > 0)
        owner_starts = np.concatenate(([0], np.cumsum(counts)))
        if encoder is not None:
            features = encoded(pixels, owners, len(batch), spec.picture, encoder)
            pixels = None
    return Prepared(
        hash_batch(batch.texts, spec.ngrams),
        length_scale(batch.texts),
        table.scaled_numbers(data.listings, prices, scaling),
        ragged([table.shelves(listing, spec.shelf_bits) for listing in data.listings]),
        np.array(present, np.float32).T,
        pixels,
        owner_starts,
        features,
        prices,
        scaling,
    )


def ragged(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Lay rows of unequal length end to end; gives where each begins, and the values.

    Examples
    --------
    >>> [array.tolist() for array in ragged([(7,), (), (8, 9)])]
    [[0, 1, 1, 3], [7, 8, 9]]
    """
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    return starts, np.array([value for row in rows for value in row], np.int32)


def encoded(
    pixels: NDArray[np.uint8],
    owners: NDArray[np.int64],
    rows: int,
    spec: PictureSpec,
    encoder: bytes,
) -> NDArray[np.float32]:
    """Run an encoder from outside over all pictures; features a row, averaged."""
    network = picture_network(encoder, spec)
    output = next(iter(network.outputs))
    features = [np.zeros((0, spec.features), np.float32)]
    for start in range(0, len(pixels), PICTURES_AT_ONCE):
        part = scaled(pixels[start : start + PICTURES_AT_ONCE], spec)
        features.append(network.run([output], {"picture": part})[0].reshape(len(part), -1))
    return averaged(np.concatenate(features), owners, rows)
