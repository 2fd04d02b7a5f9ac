"""A language model's shape and weights: a published folder's, or a package's.

Only data is read: config.json, and weights as safetensors. PyTorch's own format is a pickle, which
runs code when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gmu.runtime import require
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

EXTRA, CONFIG, WEIGHTS = "encoder", "config.json", "model.safetensors"
AFTER_PADDING = frozenset({"roberta", "xlm-roberta", "camembert"})
"""Models that number positions from the padding token's number on."""
KNOWN = frozenset({"bert", *AFTER_PADDING})
ACTIVATIONS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What config.json says about the network; the rest of the file is left alone."""

    model_type: str
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"
    pad_token_id: int | None = 0
    position_embedding_type: str | None = "absolute"

    @property
    def first_position(self) -> int:
        """Row of the position table that belongs to the first token."""
        return (self.pad_token_id or 0) + 1 if self.model_type in AFTER_PADDING else 0

    def check(self, name: str) -> None:
        """Refuse what the graph cannot say.

        Raises
        ------
        InvalidInputError
            Another architecture, or sizes that do not fit each other.
        """
        problems = []
        if self.model_type not in KNOWN:
            known = ", ".join(sorted(KNOWN))
            problems.append((f"model_type is {self.model_type!r}", f"take a model of {known}"))
        if self.hidden_act not in ACTIVATIONS:
            remedy = f"take a model with {', '.join(ACTIVATIONS)}"
            problems.append((f"hidden_act is {self.hidden_act!r}", remedy))
        if self.position_embedding_type not in {None, "absolute"}:
            problem = f"position_embedding_type is {self.position_embedding_type!r}"
            problems.append((problem, "take a model with absolute positions"))
        if self.num_attention_heads < 1 or self.hidden_size % self.num_attention_heads:
            problem = f"{self.hidden_size} is no multiple of {self.num_attention_heads} heads"
            problems.append((problem, "give the config.json of these weights"))
        if problems:
            raise InvalidInputError(*(FieldProblem(name, *problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Layout:
    """A network's shape, and its weights under the names that published folders use.

    Parameters
    ----------
    name
        What errors call the weights.
    """

    config: Config
    weights: Mapping[str, Floats]
    name: str = WEIGHTS

    def take(self, name: str, *shape: int) -> Floats:
        """Give an array of a shape; names may have a prefix, such as ``bert.``.

        Raises
        ------
        InvalidInputError
            It is missing, or has another shape.
        """
        remedy = "give the weights that belong to config.json"
        prefixes = ("", "bert.", "roberta.", "0.auto_model.")
        array = next((self.weights[p + name] for p in prefixes if p + name in self.weights), None)
        if array is None:
            raise InvalidInputError(FieldProblem(self.name, f"has no {name}", remedy))
        if array.shape != shape:
            sizes = "x".join(map(str, array.shape)), "x".join(map(str, shape))
            problem = f"{name} is {sizes[0]}, not {sizes[1]}"
            raise InvalidInputError(FieldProblem(self.name, problem, remedy))
        return np.asarray(array, np.float32)


def read_layout(folder: Path) -> Layout:
    """Read config.json and model.safetensors.

    Raises
    ------
    InvalidInputError
        One is missing, broken, or of an architecture that is not known.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            remedy = f"name a folder with {CONFIG}, {WEIGHTS} and tokenizer.json"
            if any(folder.glob("*.bin")) and name == WEIGHTS:
                remedy = "save the model as safetensors: .bin files run code when they are read"
            raise InvalidInputError(FieldProblem(str(folder), f"has no {name}", remedy))
    try:
        config = msgspec.json.decode((folder / CONFIG).read_bytes(), type=Config)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({str(error)[:200]})"
        remedy = "give the config.json of a BERT or XLM-RoBERTa model"
        raise InvalidInputError(FieldProblem(str(folder / CONFIG), problem, remedy)) from error
    config.check(str(folder / CONFIG))
    require("safetensors", EXTRA)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError, TypeError, KeyError) as error:
        problem = f"cannot be read ({str(error)[:200]})"
        remedy = "give the file as it was published"
        raise InvalidInputError(FieldProblem(str(folder / WEIGHTS), problem, remedy)) from error
    return Layout(config, weights, str(folder / WEIGHTS))
