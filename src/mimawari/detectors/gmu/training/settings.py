"""Everything that decides a model but its data."""

from __future__ import annotations

from typing import Literal

import msgspec

from mimawari.detectors.gmu.spec import GmuSpec


class Settings(msgspec.Struct, frozen=True):
    """How a network is trained; the same for every topic.

    Parameters
    ----------
    epochs, batch
        Passes over the rows, and rows a step.
    rate, text_rate
        Largest learning rate, and by how much that of the embeddings is larger.
    decay
        Weight decay of the layers; embeddings have none.
    dropout, ngram_dropout, modality_dropout
        Shares of features, n-grams and whole modalities that a step does not see. The last
        teaches the network to do without what a listing lacks.
    balance
        Power of the ratio of negatives to positives by which positives weigh more.
    folds
        Seller-grouped folds whose held-out margins calibrate the model.
    device, precision
        ``auto`` takes a GPU where one is, and bfloat16 on it.
    """

    spec: GmuSpec = GmuSpec()
    epochs: int = 8
    batch: int = 128
    rate: float = 2e-3
    text_rate: float = 2.0
    decay: float = 0.02
    dropout: float = 0.4
    ngram_dropout: float = 0.2
    modality_dropout: float = 0.1
    balance: float = 0.5
    folds: int = 3
    seed: int = 0
    least_positives: int = 20
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
