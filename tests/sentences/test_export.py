"""A published folder becomes an encoder without its code or PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.sentences.tiny import CONFIG, files, layout, plain, tokenizer, write_folder
from tokenizers import Tokenizer
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.export import export, files_of, with_prefix
from mimawari.detectors.sentences.layout import Config
from mimawari.errors import InvalidInputError

ROBERTA = msgspec.structs.replace(CONFIG, model_type="xlm-roberta", pad_token_id=1)


@pytest.mark.parametrize("config", [CONFIG, ROBERTA], ids=["bert", "xlm-roberta"])
@pytest.mark.parametrize("tokens", [1, 5, 128])
def test_the_graph_is_the_network(config: Config, tokens: int) -> None:
    ids = (np.arange(tokens) * 7 % 11).tolist()
    found = files_of(layout(config), tokenizer(), quantised=False).encoder()._run(ids)
    assert found.shape == (1, tokens, config.hidden_size)
    assert np.allclose(found[0], plain(ids, config), atol=2e-5)


def test_a_folder_becomes_the_two_files(tmp_path: Path) -> None:
    write_folder(tmp_path / "model")
    arguments = ["encoder", "--from", str(tmp_path / "model"), "-o", str(tmp_path / "e")]
    found = CliRunner().invoke(app, [*arguments, "--full"])
    assert found.exit_code == 0, found.output
    assert EncoderFiles.read(tmp_path / "e").network == files().network
    assert not (tmp_path / "model" / "modeling.py").exists()


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (export(write_folder(tmp_path / name)) for name in "ab")
    assert first.sha256 == second.sha256


def test_weights_of_half_precision_and_with_a_prefix_are_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    weights = {f"bert.{k}": v.astype(np.float16) for k, v in layout().weights.items()}
    save_file(weights, folder / "model.safetensors")
    text = ["old lava lamp"]
    half, whole = export(folder, quantised=False).encoder(), files().encoder()
    assert (half.encode(text) * whole.encode(text)).sum() > 0.999


def test_a_prefix_stands_before_every_text() -> None:
    prefixed = files_of(layout(), tokenizer(), "lava lamp: ", quantised=False).encoder()
    texts = ["old chair", "cup", "[UNK] table"]
    expected = files().encoder().encode([f"lava lamp: {text}" for text in texts])
    assert np.array_equal(prefixed.encode(texts), expected)
    long = Tokenizer.from_buffer(with_prefix(tokenizer(), "lava "))
    assert len(long.encode("cup " * 300).ids) == 301  # no truncation is written into the file


def broken(folder: Path, case: str) -> None:
    """Break a model folder in one way."""
    config, weights = folder / "config.json", folder / "model.safetensors"
    if case == "pickle":
        weights.unlink()
        (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    elif case.startswith("without "):
        (folder / case.removeprefix("without ")).unlink()
    elif case == "no config":
        config.write_text("[]")
    elif case == "no weights":
        weights.write_bytes(b"12345678{}")
    elif case == "weights missing":
        save_file({"x": np.zeros(1, np.float32)}, weights)
    elif case == "cls pooling":
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    elif case == "other shape":
        save_file(load_file(weights) | {"embeddings.LayerNorm.bias": np.zeros(5, np.float32)},
                  weights)  # fmt: skip
    elif case == "short":
        plain = json.loads(config.read_text()) | {"vocab_size": 12}
        config.write_text(json.dumps(plain))
    else:
        name, _, value = case.partition("=")
        changed = json.loads(config.read_text()) | {name: json.loads(value)}
        config.write_text(json.dumps(changed))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("pickle", "has no model.safetensors; save the model as safetensors: .bin files run code"),
        ("without config.json", "has no config.json; name a folder with config.json"),
        ("without tokenizer.json", "has no tokenizer.json; let transformers write"),
        ("no config", r"config\.json: cannot be read .*; give the config.json of a BERT"),
        ("no weights", r"model\.safetensors: cannot be read .*; give the file as it was published"),
        ("weights missing", r"has no embeddings\.word_embeddings\.weight; give the weights that"),
        ("cls pooling", "does not take the mean of the tokens' vectors; take a model with mean"),
        ("other shape", "embeddings.LayerNorm.bias is 5, not 24; give the weights that belong"),
        ("short", "embeddings.word_embeddings.weight is 11x24, not 12x24"),
        ('model_type="t5"', "model_type is 't5'; take a model of bert, camembert"),
        ('hidden_act="relu"', "hidden_act is 'relu'; take a model with gelu"),
        ('position_embedding_type="relative_key"', "position_embedding_type is 'relative_key'"),
        ("num_attention_heads=5", "24 is no multiple of 5 heads"),
        ("num_attention_heads=0", "24 is no multiple of 0 heads"),
    ],
)
def test_folders_that_cannot_be_used_are_refused(tmp_path: Path, case: str, reason: str) -> None:
    folder = write_folder(tmp_path)
    broken(folder, case)
    with pytest.raises(InvalidInputError, match=reason):
        export(folder)
