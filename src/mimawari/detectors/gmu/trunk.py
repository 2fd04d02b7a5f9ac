"""Everything of a model but its topic's head: from a batch to one fused vector a listing.

Models trained together have the same trunk. They share one in memory, and it works once a batch.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from mimawari.detectors.gbdt.linear import length_scale
from mimawari.detectors.gmu import table
from mimawari.detectors.gmu.pictures import averaged, gathered, scaled
from mimawari.detectors.gmu.runtime import Network, input_shape
from mimawari.detectors.gmu.spec import PictureSpec
from mimawari.detectors.ngrams import gather, occupancy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mimawari.detectors.gmu.runtime import Shape
    from mimawari.detectors.gmu.spec import GmuSpec
    from mimawari.detectors.ngrams import MarkedTexts
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.normalise import CanonicalTexts
    from mimawari.listings.prices import PriceReference

    Floats = NDArray[np.float32]

PICTURES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Parts:
    """A trunk as data: what an artifact stores.

    Parameters
    ----------
    text_vectors, shelf_vectors
        Embeddings, float16, shapes (buckets, width).
    dense, encoder
        ONNX files of the gates, and of the picture encoder where there is one.
    """

    spec: GmuSpec
    prices: PriceReference
    scaling: table.Scaling
    text_vectors: NDArray[np.float16]
    shelf_vectors: NDArray[np.float16]
    dense: bytes = field(repr=False)
    encoder: bytes | None = field(repr=False)


def dense_inputs(spec: GmuSpec) -> dict[str, Shape]:
    """Give the inputs of the gates' network by name."""
    shapes: dict[str, Shape] = {
        "text": (None, spec.text_width),
        "table": (None, spec.table_width),
        "present": (None, len(spec.modalities)),
    }
    if spec.picture:
        shapes["picture"] = (None, spec.picture.features)
    return shapes


def spec_of(encoder: bytes) -> PictureSpec:
    """Give the size of pictures that an encoder takes; the usual one where it takes any."""
    sizes = input_shape(encoder, "encoder.onnx")
    usual = PictureSpec()
    height, width = sizes[2:4] if len(sizes) == 4 else (None, None)
    return PictureSpec(height or usual.height, width or usual.width)


def picture_network(data: bytes, spec: PictureSpec) -> Network:
    """Load an encoder: (n, 3, height, width) to (n, features).

    Raises
    ------
    InvalidInputError
        It takes or gives something else.
    """
    return Network(data, "encoder", {"picture": (None, 3, spec.height, spec.width)})


class Trunk:
    """Fuses a batch.

    Raises
    ------
    InvalidInputError
        A network is none, or takes other inputs.
    """

    def __init__(self, parts: Parts) -> None:
        self.spec, self.prices, self.scaling = parts.spec, parts.prices, parts.scaling
        self._text = parts.text_vectors.astype(np.float32)
        self._occupied = occupancy(self._text)
        self._shelves = parts.shelf_vectors.astype(np.float32)
        self._dense = Network(parts.dense, "trunk", dense_inputs(parts.spec))
        self._encoder = None
        if parts.spec.picture is not None and parts.encoder is not None:
            self._encoder = picture_network(parts.encoder, parts.spec.picture)
        self._known: WeakKeyDictionary[ListingBatch, Floats] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def inputs(self, batch: ListingBatch) -> dict[str, Floats]:
        """Give what the gates' network takes, a row a listing."""
        arrays = {
            "text": self.text(batch.texts),
            "table": self.table(batch),
        }
        present = [np.diff(batch.texts.starts) > 0, [table.has_table(o) for o in batch.listings]]
        if self.spec.picture is not None:
            arrays["picture"], seen = self.picture(batch, self.spec.picture)
            present.append(seen)
        arrays["present"] = np.array(present, np.float32).T.reshape(len(batch), -1)
        return arrays

    def text(self, texts: CanonicalTexts, marked: MarkedTexts | None = None) -> Floats:
        """Embed texts, shape (n, text_width)."""
        sums = gather(texts, self.spec.ngrams, self._text, self._occupied, marked)
        return sums * length_scale(texts)[:, None]

    def table(self, batch: ListingBatch) -> Floats:
        """Give numbers and the embedding of brand and category, shape (n, table_width)."""
        numbers = table.scaled_numbers(batch.listings, self.prices, self.scaling)
        vectors = table.shelf_means(batch.listings, self.spec.shelf_bits, self._shelves)
        return np.concatenate((numbers, vectors), axis=1)

    def picture(self, batch: ListingBatch, spec: PictureSpec) -> tuple[Floats, NDArray[np.bool_]]:
        """Encode pictures; gives their features, and which listings have any."""
        pixels, owners = gathered(batch, spec)
        parts = [
            self._encode(pixels[start : start + PICTURES_AT_ONCE], spec)
            for start in range(0, len(pixels), PICTURES_AT_ONCE)
        ]
        features = np.concatenate(parts) if parts else np.zeros((0, spec.features), np.float32)
        seen = np.zeros(len(batch), np.bool_)
        seen[owners] = True
        return averaged(features, owners, len(batch)), seen

    def _encode(self, pixels: NDArray[np.uint8], spec: PictureSpec) -> Floats:
        assert self._encoder is not None
        output = next(iter(self._encoder.outputs))
        (features,) = self._encoder.run([output], {"picture": scaled(pixels, spec)})
        return features.reshape(len(pixels), -1)

    def fuse(self, inputs: Mapping[str, Floats]) -> Floats:
        """Run the gates: what each modality adds, shape (n, modalities, units)."""
        return self._dense.run(["parts"], inputs)[0]

    def gates(self, inputs: Mapping[str, Floats]) -> Floats:
        """Give how far each modality's gates are open on average, shape (n, modalities)."""
        return self._dense.run(["gates"], inputs)[0]

    def listing_vectors(self, batch: ListingBatch) -> Floats:
        """Give the fused vector of each listing, shape (n, units); kept while the batch lives."""
        with self._lock:
            vectors = self._known.get(batch)
        if vectors is None:
            vectors = self._dense.run(["fused"], self.inputs(batch))[0]
            with self._lock:
                self._known[batch] = vectors
        return vectors
