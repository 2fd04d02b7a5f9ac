"""The network in PyTorch: encoders, gates, heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from mimawari.detectors.gmu.spec import GmuSpec, PictureSpec

COARSE = (6, 5)
COARSE_WIDTH = 96


class Step(NamedTuple):
    """Rows of one step.

    ``grams`` and ``shelves`` are flat buckets with ``offsets`` where each row begins;
    ``pixels`` holds pictures already scaled, ``owners`` the row of each; ``features`` is what
    an encoder from outside gave, averaged.
    """

    grams: Tensor
    gram_offsets: Tensor
    scale: Tensor
    numbers: Tensor
    shelves: Tensor
    shelf_offsets: Tensor
    present: Tensor
    pixels: Tensor | None
    owners: Tensor | None
    features: Tensor | None


def block(inside: int, outside: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolve, normalise over the batch, rectify."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


class PictureEncoder(nn.Module):
    """A small convolutional network for shapes, and a coarse view of the colours.

    Gives the mean and the largest of the last layer's channels, and a layer on the picture
    shrunk to a few pixels: shape (n, `width_of`).
    """

    def __init__(self, spec: PictureSpec, channels: int) -> None:
        super().__init__()
        c = channels
        self.net = nn.Sequential(
            block(3, c, 5, 2), block(c, 2 * c), nn.MaxPool2d(2),
            block(2 * c, 4 * c), nn.MaxPool2d(2), block(4 * c, 4 * c),
        )  # fmt: skip
        # Pooling by a fixed kernel: the exporter knows no adaptive one.
        self.kernel = (spec.height // COARSE[0], spec.width // COARSE[1])
        rows, columns = spec.height // self.kernel[0], spec.width // self.kernel[1]
        self.coarse = nn.Linear(3 * rows * columns, COARSE_WIDTH)

    def forward(self, picture: Tensor) -> Tensor:
        """Encode."""
        deep = self.net(picture)
        coarse = functional.avg_pool2d(picture, self.kernel).flatten(1)
        seen = functional.relu(self.coarse(coarse))
        return torch.cat((deep.mean((2, 3)), deep.amax((2, 3)), seen), 1)


def channels_for(features: int) -> int:
    """Give the channels with which an encoder gives so many features.

    Raises
    ------
    ValueError
        No number of channels does.
    """
    channels, rest = divmod(features - COARSE_WIDTH, 8)
    if rest or channels < 1:
        raise ValueError(f"features must be {COARSE_WIDTH} and a multiple of 8, not {features}")
    return channels


class Gates(nn.Module):
    """The gated multimodal unit; see `mimawari.detectors.gmu.reference.gated_parts`."""

    def __init__(self, widths: list[int], units: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths)
        self.candidates = nn.ModuleList(nn.Linear(width, units) for width in widths)
        self.gates = nn.ModuleList(nn.Linear(sum(widths), units) for _ in widths)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: list[Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
        """Give the parts (n, modalities, units), and how far gates are open (n, modalities)."""
        here = [present[:, m : m + 1] for m in range(len(inputs))]
        shown = [
            self.dropout(norm(x)) * p for norm, x, p in zip(self.norms, inputs, here, strict=True)
        ]
        together = torch.cat(shown, 1)
        gates = [torch.sigmoid(g(together)) * p for g, p in zip(self.gates, here, strict=True)]
        parts = [
            g * torch.tanh(w(x)) for g, w, x in zip(gates, self.candidates, shown, strict=True)
        ]
        return torch.stack(parts, 1), torch.stack([g.mean(1) for g in gates], 1)


class Network(nn.Module):
    """Embeddings, the picture encoder where one is trained here, gates, and a head a topic."""

    def __init__(self, spec: GmuSpec, topics: int, dropout: float) -> None:
        super().__init__()
        self.spec = spec
        self.text = nn.EmbeddingBag(spec.ngrams.buckets, spec.text_width, mode="sum")
        self.shelf = nn.EmbeddingBag(1 << spec.shelf_bits, spec.shelf_width, mode="mean")
        nn.init.normal_(self.text.weight, 0, 0.05)
        nn.init.normal_(self.shelf.weight, 0, 0.1)
        widths = [spec.text_width, spec.table_width]
        self.encoder: nn.Module | None = None
        if spec.picture is not None:
            widths.append(spec.picture.features)
            if not spec.picture.sha256:
                channels = channels_for(spec.picture.features)
                self.encoder = PictureEncoder(spec.picture, channels)
        self.gates = Gates(widths, spec.units, dropout)
        self.dropout = nn.Dropout(0.2)
        self.heads = nn.Linear(spec.units, topics)

    def forward(self, step: Step) -> Tensor:
        """Give the margins, shape (n, topics)."""
        text = self.text(step.grams, step.gram_offsets) * step.scale[:, None]
        shelf = self.shelf(step.shelves, step.shelf_offsets)
        inputs = [text, torch.cat((step.numbers, shelf), 1)]
        if self.spec.picture is not None:
            inputs.append(self.pictures(step))
        parts, _ = self.gates(inputs, step.present)
        margins: Tensor = self.heads(self.dropout(parts.sum(1)))
        return margins

    def pictures(self, step: Step) -> Tensor:
        """Average the features of each row's pictures, zeros without any."""
        if self.encoder is None:
            assert step.features is not None
            return step.features
        assert step.pixels is not None
        assert step.owners is not None
        assert self.spec.picture is not None
        rows = len(step.scale)
        total = step.numbers.new_zeros(rows, self.spec.picture.features)
        if not len(step.pixels):
            return total
        features = self.encoder(step.pixels).to(total.dtype)
        count = torch.bincount(step.owners, minlength=rows).clamp(min=1)
        return total.index_add(0, step.owners, features) / count[:, None]
