"""Steps cut from prepared rows, with what training hides from the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mimawari.detectors.gmu.pictures import scaled
from mimawari.detectors.gmu.training.network import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gmu.spec import GmuSpec
    from mimawari.detectors.gmu.training.rows import Prepared
    from mimawari.detectors.gmu.training.settings import Settings

SHIFT = 3  # pixels that a picture is moved by at most


def ragged_rows(
    starts: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give where the values of some rows lie, row after row, and the count of each.

    Examples
    --------
    >>> [array.tolist() for array in ragged_rows(np.array([0, 2, 2, 5]), np.array([2, 0]))]
    [[2, 3, 4, 0, 1], [3, 2]]
    """
    counts = starts[rows + 1] - starts[rows]
    ends = np.cumsum(counts)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return np.repeat(starts[rows], counts) + within, counts


class Steps:
    """Cuts steps; the draws of a step depend on the seed, the epoch and the step alone."""

    def __init__(self, data: Prepared, spec: GmuSpec, settings: Settings, device: str) -> None:
        self.data, self.spec, self.settings, self.device = data, spec, settings, device

    def cut(self, rows: NDArray[np.int64], random: np.random.Generator | None = None) -> Step:
        """Take rows; with ``random`` as training shows them, without it as they are."""
        data, hide = self.data, random is not None
        grams, counts = self._some_grams(rows, random)
        shelf_at, shelf_counts = ragged_rows(data.shelves[0], rows)
        present = data.present[rows]
        if random is not None:
            present = hidden(present, self.settings.modality_dropout, random)
        pixels, owners = self._pictures(rows, random) if data.pixels is not None else (None, None)
        features = None if data.features is None else self._to(data.features[rows])
        return Step(
            self._to(data.grams[1][grams].astype(np.int64)),
            self._to(np.cumsum(counts) - counts),
            self._to(data.scale[rows] / (1 - self.settings.ngram_dropout * hide)),
            self._to(data.numbers[rows]),
            self._to(data.shelves[1][shelf_at].astype(np.int64)),
            self._to(np.cumsum(shelf_counts) - shelf_counts),
            self._to(present),
            pixels,
            owners,
            features,
        )

    def _to(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def _some_grams(
        self, rows: NDArray[np.int64], random: np.random.Generator | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        at, counts = ragged_rows(self.data.grams[0], rows)
        if random is None or not self.settings.ngram_dropout:
            return at, counts
        kept = random.random(len(at)) >= self.settings.ngram_dropout
        of_row = np.repeat(np.arange(len(rows)), counts)
        return at[kept], np.bincount(of_row[kept], minlength=len(rows))

    def _pictures(
        self, rows: NDArray[np.int64], random: np.random.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Take pictures; training mirrors half of them, and moves them by a few pixels."""
        assert self.data.pixels is not None
        assert self.data.owner_starts is not None
        assert self.spec.picture is not None
        at, counts = ragged_rows(self.data.owner_starts, rows)
        pixels = self.data.pixels[at]
        if random is not None:
            flip = random.random(len(pixels)) < 0.5
            pixels[flip] = pixels[flip, :, :, ::-1]
            down, right = random.integers(-SHIFT, SHIFT + 1, 2)
            pixels = np.roll(pixels, (down, right), (2, 3))
        owners = np.repeat(np.arange(len(rows)), counts)
        return self._to(scaled(pixels, self.spec.picture)), self._to(owners)


def hidden(
    present: NDArray[np.float32], share: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """Hide one modality of a share of the rows that have two or more.

    Examples
    --------
    >>> here = np.ones((4, 2), np.float32)
    >>> hidden(here, 1.0, np.random.default_rng(0)).sum(axis=1).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    rows = np.flatnonzero((random.random(len(present)) < share) & (present.sum(axis=1) > 1))
    drawn = np.where(present[rows] > 0, random.random((len(rows), present.shape[1])), -1.0)
    shown = present.copy()
    shown[rows, drawn.argmax(axis=1)] = 0
    return shown
