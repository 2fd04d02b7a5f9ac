"""A BERT or XLM-RoBERTa encoder as an ONNX graph of standard operators, written node by node.

Written rather than traced: neither PyTorch nor the model's code is needed, and the graph holds only
what one text of at most `MOST_TOKENS` tokens asks for. There is no attention mask, since texts go
through one at a time, and no second token type.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.sentences.fit import MOST_TOKENS
from mimawari.detectors.sentences.layout import ACTIVATIONS, EXTRA

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import ModelProto, NodeProto, TensorProto

    from mimawari.detectors.sentences.layout import Layout

    Floats = NDArray[np.float32]
    Setting = int | float | str | list[int]

# Gelu is of opset 20, which ONNX Runtime 1.17 and later run.
OPSET, IR_VERSION = 20, 9
INPUT, OUTPUT = "input_ids", "vectors"


def graph_of(layout: Layout, small_words: bool = True) -> ModelProto:
    """Write a network that gives a vector a token: int64 of (texts, tokens) to (.., .., width).

    Parameters
    ----------
    small_words
        Keep the table of words as 8-bit integers, each word with a scale of its own.

    Raises
    ------
    InvalidInputError
        Weights are missing, or do not fit the configuration.
    """
    require("onnx", EXTRA)
    from onnx import TensorProto, helper

    writer = _Writer(layout)
    x = writer.embeddings(small_words)
    for layer in range(layout.config.num_hidden_layers):
        x = writer.layer(x, f"encoder.layer.{layer}.")
    writer.node("Identity", [x], OUTPUT)
    width = layout.config.hidden_size
    graph = helper.make_graph(
        writer.nodes,
        "sentences",
        [helper.make_tensor_value_info(INPUT, TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["texts", "tokens", width])],
        writer.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def by_rows(table: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Give 8-bit integers and a scale a row, so that ``integers * scale`` is nearly the table.

    Examples
    --------
    >>> integers, scale = by_rows(np.array([[0.5, -1.0], [0.0, 0.0]], np.float32))
    >>> integers.tolist(), bool(np.allclose(integers * scale, [[0.5, -1.0], [0, 0]], atol=0.005))
    ([[64, -127], [0, 0]], True)
    """
    scale = np.abs(table).max(axis=1, keepdims=True) / np.float32(127)
    scale[scale == 0] = 1
    return np.rint(table / scale).astype(np.int8), scale.astype(np.float32)


class _Writer:
    """Nodes and constants, in the order in which they are needed."""

    def __init__(self, layout: Layout) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._layout = layout
        self._config = layout.config
        self._heads = self._config.num_attention_heads
        self._split = self.constant("split", np.array([0, 0, self._heads, -1], np.int64))
        self._join = self.constant("join", np.array([0, 0, -1], np.int64))

    def node(self, kind: str, inputs: list[str], name: str = "", **settings: Setting) -> str:
        """Append a node of one output; gives the output's name."""
        return self.append(kind, inputs, 1, name, **settings)[0]

    def append(
        self, kind: str, inputs: list[str], outputs: int, name: str = "", **settings: Setting
    ) -> list[str]:
        """Append a node; gives the names of its outputs."""
        from onnx import helper

        name = name or f"{kind.lower()}_{len(self.nodes)}"
        names = [name, *(f"{name}_{i}" for i in range(1, outputs))]
        node = helper.make_node(kind, inputs, names, name)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in settings.items())
        self.nodes.append(node)
        return names

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def embeddings(self, small_words: bool) -> str:
        """Word + position + token type, normalised."""
        config, take = self._config, self._layout.take
        width, first = config.hidden_size, config.first_position
        table = take("embeddings.word_embeddings.weight", config.vocab_size, width)
        positions = take(
            "embeddings.position_embeddings.weight", config.max_position_embeddings, width
        )[first : first + MOST_TOKENS]
        types = take("embeddings.token_type_embeddings.weight", config.type_vocab_size, width)
        if small_words:
            integers, scale = by_rows(table)
            words = self.node("Gather", [self.constant("words", integers), INPUT])
            words = self.node("Cast", [words], to=1)
            scales = self.node("Gather", [self.constant("word_scales", scale), INPUT])
            words = self.node("Mul", [words, scales])
        else:
            words = self.node("Gather", [self.constant("words", table), INPUT])
        count = self.node("Shape", [INPUT], start=1, end=2)
        zero = self.constant("zero", np.zeros(1, np.int64))
        at = self.constant("positions", positions + types[0])
        places = self.node("Slice", [at, zero, count, zero])
        return self.norm(self.node("Add", [words, places]), "embeddings.LayerNorm")

    def layer(self, x: str, of: str) -> str:
        """Attention and two dense layers, each added to what came in and normalised."""
        wide, width = self._config.intermediate_size, self._config.hidden_size
        seen = self.dense(self.attention(x, of), f"{of}attention.output.dense", width, width)
        x = self.norm(self.node("Add", [seen, x]), f"{of}attention.output.LayerNorm")
        middle = self.dense(x, f"{of}intermediate.dense", wide, width)
        middle = self.node("Gelu", [middle], approximate=ACTIVATIONS[self._config.hidden_act])
        out = self.dense(middle, f"{of}output.dense", width, wide)
        return self.norm(self.node("Add", [out, x]), f"{of}output.LayerNorm")

    def attention(self, x: str, of: str) -> str:
        """Softmax of queries times keys, the scale inside of the queries; times values.

        The three matrices are one, so that what comes in is quantised once.
        """
        width, take = self._config.hidden_size, self._layout.take
        scale = np.float32(1 / math.sqrt(width // self._heads))
        parts = [(f"{of}attention.self.{part}") for part in ("query", "key", "value")]
        matrix = [take(f"{part}.weight", width, width).T for part in parts]
        bias = [take(f"{part}.bias", width) for part in parts]
        all_three = self.product(
            x,
            f"{of}attention.self",
            np.concatenate((matrix[0] * scale, *matrix[1:]), axis=1),
            np.concatenate((bias[0] * scale, *bias[1:])),
        )
        split = self.append("Split", [all_three], 3, axis=-1, num_outputs=3)
        orders = ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        query, key, value = (
            self.node("Transpose", [self.node("Reshape", [part, self._split])], perm=order)
            for part, order in zip(split, orders, strict=True)
        )
        weights = self.node("Softmax", [self.node("MatMul", [query, key])], axis=-1)
        mixed = self.node("MatMul", [weights, value])
        return self.node(
            "Reshape", [self.node("Transpose", [mixed], perm=[0, 2, 1, 3]), self._join]
        )

    def dense(self, x: str, name: str, out: int, into: int) -> str:
        """Matrix and bias under a name."""
        matrix = self._layout.take(f"{name}.weight", out, into)
        return self.product(x, name, matrix.T, self._layout.take(f"{name}.bias", out))

    def product(self, x: str, name: str, matrix: Floats, bias: Floats) -> str:
        """Multiply by a matrix, add a bias."""
        times = self.node("MatMul", [x, self.constant(f"{name}.weight", matrix)])
        return self.node("Add", [times, self.constant(f"{name}.bias", bias)])

    def norm(self, x: str, name: str) -> str:
        width = self._config.hidden_size
        inputs = [
            x,
            *(
                self.constant(f"{name}.{part}", self._layout.take(f"{name}.{part}", width))
                for part in ("weight", "bias")
            ),
        ]
        return self.node("LayerNormalization", inputs, axis=-1, epsilon=self._config.layer_norm_eps)
