"""Other ways to fuse, in the place of the gates: same inputs, same width, same heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from mimawari.detectors.gmu.training.network import Network
from mimawari.detectors.gmu.training.settings import Settings


class Concatenation(nn.Module):
    """One layer over all features side by side."""

    def __init__(self, widths: list[int], units: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths)
        self.layer = nn.Linear(sum(widths), units)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: list[Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
        shown = [self.dropout(n(x)) for n, x in zip(self.norms, inputs, strict=True)]
        here = [x * present[:, m : m + 1] for m, x in enumerate(shown)]
        return torch.tanh(self.layer(torch.cat(here, 1)))[:, None], present


class LinearSum(nn.Module):
    """A layer a modality, summed."""

    def __init__(self, widths: list[int], units: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in widths)
        self.layers = nn.ModuleList(nn.Linear(width, units) for width in widths)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: list[Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
        parts = [
            torch.tanh(layer(self.dropout(norm(x)))) * present[:, m : m + 1]
            for m, (layer, norm, x) in enumerate(zip(self.layers, self.norms, inputs, strict=True))
        ]
        return torch.stack(parts, 1), present


OTHERS = {"concatenation": Concatenation, "linear sum": LinearSum}


def maker(kind: str, settings: Settings, topics: int) -> Callable[[], Network]:
    """Give what makes a network with this fusion."""

    def make() -> Network:
        network = Network(settings.spec, topics, settings.dropout)
        if kind in OTHERS:
            spec = settings.spec
            assert spec.picture is not None
            widths = [spec.text_width, spec.table_width, spec.picture.features]
            network.gates = OTHERS[kind](widths, spec.units, settings.dropout)
        return network

    return make
