"""An encoder as small as one can be: real files, made in a second."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from torch import nn

from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.export import onnx_of, quantise

WORDS = ("[UNK]", "chair", "table", "cup", "book", "shirt", "green", "large", "old", "lava", "lamp")
WIDTH = 24


class Tiny(nn.Module):
    """Embeddings and one layer over them, called as a language model is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(len(WORDS), WIDTH)
        self.layer = nn.Linear(WIDTH, WIDTH)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> SimpleNamespace:
        seen = self.words(input_ids) + 0.01 * token_type_ids[..., None]
        mixed = seen + torch.tanh(self.layer(seen * attention_mask[..., None]))
        return SimpleNamespace(last_hidden_state=mixed)


def tokenizer() -> bytes:
    made = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    made.normalizer, made.pre_tokenizer = Lowercase(), Whitespace()
    return str(made.to_str()).encode()


@cache
def files(quantised: bool = False) -> EncoderFiles:
    network = onnx_of(Tiny().eval())
    return EncoderFiles(quantise(network) if quantised else network, tokenizer())
