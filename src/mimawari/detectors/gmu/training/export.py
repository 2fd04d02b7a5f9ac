"""From a trained network to data: embeddings, ONNX files, heads."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from mimawari.detectors.gmu.artifact import Head
from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.gmu.trunk import Parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.gmu.training.network import Network
    from mimawari.detectors.gmu.training.rows import Prepared


class Served(nn.Module):
    """The gates with named inputs, as they are served."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.gates = network.gates

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the fused vector, its parts, and how far gates are open."""
        *features, present = inputs
        parts, gates = self.gates(list(features), present)
        return parts.sum(1), parts, gates


def parts_of(network: Network, data: Prepared, encoder: bytes | None) -> Parts:
    """Turn a network into the parts of a trunk.

    Parameters
    ----------
    encoder
        ONNX file of an encoder from outside, where one was used.
    """
    network = network.cpu().eval()
    spec = network.spec
    widths = {"text": spec.text_width, "table": spec.table_width}
    if spec.picture is not None:
        widths["picture"] = spec.picture.features
    shown = [torch.zeros(2, width) for width in widths.values()]
    shown.append(torch.ones(2, len(spec.modalities)))
    dense = onnx_of(Served(network), shown, (*widths, "present"), ("fused", "parts", "gates"))
    if spec.picture is not None and network.encoder is not None:
        picture = torch.zeros(2, 3, spec.picture.height, spec.picture.width)
        encoder = onnx_of(network.encoder, [picture], ("picture",), ("features",))
    return Parts(spec, data.prices, data.scaling, _vectors(network.text),
                 _vectors(network.shelf), dense, encoder)  # fmt: skip


def heads_of(network: Network) -> list[Head]:
    """Give the head of each topic."""
    weights = network.heads.weight.detach().cpu().numpy().astype(np.float64)
    intercepts = network.heads.bias.detach().cpu().numpy().astype(np.float64)
    return [Head(tuple(w), float(b)) for w, b in zip(weights.tolist(), intercepts, strict=True)]


def onnx_of(
    module: nn.Module, shown: Sequence[Tensor], inputs: Sequence[str], outputs: Sequence[str]
) -> bytes:
    """Write a module as ONNX; the first size of everything may vary."""
    require("onnx", "train")
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        path = Path(scratch) / "network.onnx"
        # The newer exporter takes seconds and prints; PyTorch is pinned, so this one stays.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(shown),
            path,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "rows"} for name in (*inputs, *outputs)},
            opset_version=17,
            dynamo=False,
        )
        return path.read_bytes()


def _vectors(bag: nn.EmbeddingBag) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    return bag.weight.detach().cpu().numpy().astype(np.float16)
