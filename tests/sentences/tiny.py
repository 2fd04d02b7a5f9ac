"""An encoder as small as one can be: real files, made in a second."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from torch import nn

from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.export import files_of
from mimawari.detectors.sentences.layout import Config, Layout

WORDS = ("[UNK]", "chair", "table", "cup", "book", "shirt", "green", "large", "old", "lava", "lamp")
CONFIG = Config(
    model_type="bert",
    hidden_size=24,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=40,
    vocab_size=len(WORDS),
    max_position_embeddings=200,
)


@cache
def layout(config: Config = CONFIG) -> Layout:
    """Weights at random, seeded, under the names that published folders use."""
    random, width, wide = np.random.default_rng(0), config.hidden_size, config.intermediate_size

    def some(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(config.vocab_size, width) * 3,
        "embeddings.position_embeddings.weight": some(config.max_position_embeddings, width) / 10,
        "embeddings.token_type_embeddings.weight": some(config.type_vocab_size, width) / 10,
    }
    norms, dense = ["embeddings.LayerNorm"], {}
    for i in range(config.num_hidden_layers):
        of = f"encoder.layer.{i}."
        dense |= {
            f"{of}attention.self.{part}": (width, width) for part in ("query", "key", "value")
        }
        dense[f"{of}attention.output.dense"] = (width, width)
        dense[f"{of}intermediate.dense"] = (wide, width)
        dense[f"{of}output.dense"] = (width, wide)
        norms += [f"{of}attention.output.LayerNorm", f"{of}output.LayerNorm"]
    for name, shape in dense.items():
        weights |= {f"{name}.weight": some(*shape), f"{name}.bias": some(shape[0])}
    for name in norms:
        weights |= {f"{name}.weight": 1 + some(width), f"{name}.bias": some(width)}
    return Layout(config, weights)


def plain(ids: list[int], config: Config = CONFIG) -> NDArray[np.float32]:
    """The tokens' vectors by PyTorch's own layers, in 32 bits."""
    weights = {name: torch.from_numpy(value) for name, value in layout(config).weights.items()}
    first, width = config.first_position, config.hidden_size
    x = weights["embeddings.word_embeddings.weight"][torch.tensor(ids)]
    x = x + weights["embeddings.position_embeddings.weight"][first : first + len(ids)]
    x = x + weights["embeddings.token_type_embeddings.weight"][0]
    norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
    x = nn.functional.layer_norm(x, (width,), *norm, eps=config.layer_norm_eps)[None]
    for i in range(config.num_hidden_layers):
        x = _layer(weights, f"encoder.layer.{i}.", config)(x)
    return np.asarray(x[0].detach().numpy())


def _layer(weights: dict[str, torch.Tensor], of: str, config: Config) -> nn.Module:
    one = nn.TransformerEncoderLayer(
        config.hidden_size, config.num_attention_heads, config.intermediate_size, 0.0,
        nn.functional.gelu, config.layer_norm_eps, batch_first=True,
    )  # fmt: skip
    parts = [f"{of}attention.self.{part}" for part in ("query", "key", "value")]
    state = {
        f"self_attn.in_proj_{kind}": torch.cat([weights[f"{part}.{kind}"] for part in parts])
        for kind in ("weight", "bias")
    }
    for ours, theirs in (
        ("attention.output.dense", "self_attn.out_proj"),
        ("intermediate.dense", "linear1"),
        ("output.dense", "linear2"),
        ("attention.output.LayerNorm", "norm1"),
        ("output.LayerNorm", "norm2"),
    ):
        state |= {f"{theirs}.{k}": weights[f"{of}{ours}.{k}"] for k in ("weight", "bias")}
    one.load_state_dict(state)
    return one


def tokenizer() -> bytes:
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    made.normalizer, made.pre_tokenizer = Lowercase(), Whitespace()
    return str(made.to_str()).encode()


@cache
def files(quantised: bool = False) -> EncoderFiles:
    return files_of(layout(), tokenizer(), quantised=quantised)


def write_folder(folder: Path, config: Config = CONFIG) -> Path:
    """A model as it is published."""
    folder.mkdir(parents=True, exist_ok=True)
    extra = {"architectures": ["BertModel"], "auto_map": {"AutoModel": "modeling.Evil"}}
    (folder / "config.json").write_text(json.dumps(msgspec.to_builtins(config) | extra))
    save_file(dict(layout(config).weights), folder / "model.safetensors")
    (folder / "tokenizer.json").write_bytes(tokenizer())
    pooling = folder / "1_Pooling"
    pooling.mkdir(exist_ok=True)
    (pooling / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    return folder
