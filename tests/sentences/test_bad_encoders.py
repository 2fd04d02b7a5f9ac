"""Networks and tokenizers that are none, or not each other's: refused by field, with a remedy."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from tests.sentences.tiny import CONFIG, WORDS, files, layout, tokenizer
from tokenizers import Tokenizer

from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.encoder import SentenceEncoder
from mimawari.detectors.sentences.export import files_of
from mimawari.detectors.sentences.graph import graph_of
from mimawari.detectors.sentences.layout import Layout
from mimawari.errors import InvalidInputError

WIDTH = 4
CONFIG_OF_100 = msgspec.structs.replace(CONFIG, max_position_embeddings=100)


def network(
    nodes: list[onnx.NodeProto],
    kind: int = TensorProto.INT64,
    name: str = "input_ids",
    constants: tuple[TensorProto, ...] = (),
    gives: int = TensorProto.FLOAT,
    domain: str = "",
) -> bytes:
    """A network of the usual ports around some nodes, from ``name`` to ``y``."""
    domains = [helper.make_opsetid("", 20)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    graph = helper.make_graph(
        nodes,
        "bad",
        [helper.make_tensor_value_info(name, kind, ["texts", "tokens"])],
        [helper.make_tensor_value_info("y", gives, None)],
        list(constants),
    )
    return helper.make_model(graph, opset_imports=domains, ir_version=9).SerializeToString()


def table(rows: int = len(WORDS)) -> TensorProto:
    values = np.random.default_rng(0).normal(size=(rows, WIDTH)).astype(np.float32)
    return numpy_helper.from_array(values, "words")


GATHER = helper.make_node("Gather", ["words", "input_ids"], ["x"])


def after(*nodes: onnx.NodeProto, constants: tuple[TensorProto, ...] = ()) -> bytes:
    """Words to vectors, and then some nodes from ``x`` to ``y``."""
    return network([GATHER, *nodes], constants=(table(), *constants))


def outside(location: str) -> bytes:
    """The table of words in another file."""
    words = TensorProto(name="words", data_type=TensorProto.FLOAT, dims=[len(WORDS), WIDTH])
    words.data_location = TensorProto.EXTERNAL
    words.external_data.add(key="location", value=location)
    return network([helper.make_node("Gather", ["words", "input_ids"], ["y"])], constants=(words,))


AXES = numpy_helper.from_array(np.array([1], np.int64), "axes")
ZERO = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
SHAPE = numpy_helper.from_array(np.array([1, -1, 2], np.int64), "shape")
BAD = {
    "no network": (b"no network", "is no network that can be run"),
    "custom operator": (
        network([helper.make_node("Steal", ["input_ids"], ["y"], domain="evil.ops")],
                domain="evil.ops"),
        "uses an operator that is not ONNX's: evil.ops:Steal; export it with standard",
    ),
    "weights in a file beside it": (
        outside("weights.bin"), "keeps its weights in other files; save it as one file"
    ),
    "weights anywhere": (outside("/etc/passwd"), "keeps its weights in other files"),
    "weights above the folder": (outside("../weights.bin"), "keeps its weights in other files"),
    "a picture network": (
        network([helper.make_node("Cast", ["picture"], ["y"], to=1)], name="picture"),
        "takes picture; export it with attention_mask, input_ids",
    ),
    "numbers of another type": (
        network([helper.make_node("Cast", ["input_ids"], ["y"], to=1)], TensorProto.FLOAT),
        r"takes tensor\(float\) as input_ids; export it with int64",
    ),
    "output of another type": (
        network([helper.make_node("Identity", ["input_ids"], ["y"])], gives=TensorProto.INT64),
        r"gives tensor\(int64\) as y; export it with float32",
    ),
    "a vector a text": (
        after(helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=0), constants=(AXES,)),
        "gives 1x4 for 1 text of 1 tokens; export it so that it gives a vector a token",
    ),
    "another number of tokens": (
        after(helper.make_node("Reshape", ["x", "shape"], ["y"]), constants=(SHAPE,)),
        "gives 1x2x2 for 1 text of 1 tokens",
    ),
    "no numbers": (
        after(helper.make_node("Div", ["x", "zero"], ["y"]), constants=(ZERO,)),
        "gives vectors that are no numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_networks_of_another_make_are_refused(case: str) -> None:
    data, reason = BAD[case]
    with pytest.raises(InvalidInputError, match=f"encoder.onnx: {reason}"):
        SentenceEncoder(data, tokenizer())


def test_weights_in_another_file_are_not_read_even_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(4 * WIDTH * len(WORDS)))
    monkeypatch.chdir(tmp_path)
    there = ("weights.bin", str(tmp_path / "weights.bin"), f"../{tmp_path.name}/weights.bin")
    for location in (*there, "*/_ORT_MEM_ADDR_/*"):
        with pytest.raises(InvalidInputError, match="keeps its weights in other files"):
            SentenceEncoder(outside(location), tokenizer())


def test_a_network_of_short_texts_is_refused() -> None:
    short = Layout(CONFIG_OF_100, layout(CONFIG_OF_100).weights)
    with pytest.raises(InvalidInputError, match=r"does not run on 128 tokens"):
        files_of(short, tokenizer()).encoder()


def longer(tokens: int) -> bytes:
    made = Tokenizer.from_buffer(tokenizer())
    made.add_tokens([f"word{i}" for i in range(tokens - len(WORDS))])
    return str(made.to_str()).encode()


def plain_network(rows: int) -> bytes:
    """A network that notes no tokenizer, as others export them."""
    gather = helper.make_node("Gather", ["words", "input_ids"], ["y"])
    return network([gather], constants=(table(rows),))


@pytest.mark.parametrize(
    ("rows", "tokens", "reason"),
    [
        (11, 12, "encoder.onnx: does not run on 1 tokens up to number 11 .*; give network and tok"),
        (11, 5000, "encoder.onnx: does not run on 1 tokens up to number 4,999"),
        (5000, 11, "tokenizer.json: has 11 tokens, and encoder.onnx more than 266; give network"),
        (50_000, 30_000, "tokenizer.json: has 30,000 tokens, and encoder.onnx more than 30,598"),
    ],
)
def test_another_vocabulary_is_refused(rows: int, tokens: int, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        SentenceEncoder(plain_network(rows), longer(tokens))


def test_a_table_that_is_rounded_up_is_fine() -> None:
    assert SentenceEncoder(plain_network(12 + 64), longer(12)).width == WIDTH


def test_another_tokenizer_of_the_same_size_is_refused_where_the_network_notes_its_own() -> None:
    other = tokenizer().replace(b'"lava":9', b'"lava":8').replace(b'"old":8', b'"old":9')
    with pytest.raises(
        InvalidInputError, match=r"tokenizer\.json: is not the one that encoder.onnx"
    ):
        SentenceEncoder(files().network, other)
    with pytest.raises(InvalidInputError, match=r"is not the one that encoder\.onnx was exported"):
        SentenceEncoder(files(quantised=True).network, other)


def test_a_broken_tokenizer_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"tokenizer\.json: cannot be read"):
        SentenceEncoder(files().network, b"{}")


def test_files_of_two_exports_in_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder.onnx").write_bytes(files().network)
    (tmp_path / "tokenizer.json").write_bytes(longer(12))
    with pytest.raises(InvalidInputError, match="is not the one that"):
        EncoderFiles.read(tmp_path).encoder()


def test_the_graph_uses_standard_operators_alone() -> None:
    for network_of in (graph_of(layout()), ModelProto.FromString(files(quantised=True).network)):
        assert {node.domain for node in network_of.graph.node} == {""}
        onnx.checker.check_model(network_of)
    assert CONFIG.hidden_size == files().encoder().width


def test_marks_of_the_tokenizer_are_plain_words_where_a_seller_writes_them() -> None:
    made = Tokenizer.from_buffer(tokenizer())
    made.add_special_tokens(["</s>"])
    encoder = SentenceEncoder(plain_network(12), str(made.to_str()).encode())
    plain = encoder.encode(["lamp < / s > old"])
    assert np.array_equal(encoder.encode(["lamp </s> old"])[0] != 0, plain[0] != 0)
    ids = encoder._tokenizer.encode("lamp </s> old").ids
    assert 11 not in ids
