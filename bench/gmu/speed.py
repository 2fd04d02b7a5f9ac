"""Scoring on one core, with and without pictures, and training with pictures."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import torch
from PIL import Image
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from bench import workload
from bench.environment import aim, rounded, seconds
from bench.gmu.catalogue import read
from mimawari.detectors.gmu.detector import GmuDetector
from mimawari.detectors.gmu.runtime import require
from mimawari.detectors.gmu.spec import GmuSpec, PictureSpec
from mimawari.detectors.gmu.training.export import onnx_of
from mimawari.detectors.gmu.training.rows import LabelledListings
from mimawari.detectors.gmu.training.settings import Settings
from mimawari.detectors.gmu.training.train import train_together
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.media.mapped import MappedPictures

TOPICS, BATCH, SIDE = 20, 1000, 224
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
OF_224 = PictureSpec(SIDE, SIDE, 256, *IMAGENET, most=1)


class Separable(nn.Module):
    """Layers of depth-wise and point-wise convolutions, about as MobileNet has them."""

    def __init__(self, widths: Sequence[int] = (16, 32, 64, 128, 256)) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, 2, 1), nn.ReLU()]
        for inside, outside in pairwise(widths):
            layers += [nn.Conv2d(inside, inside, 3, 2, 1, groups=inside), nn.ReLU()]
            layers += [nn.Conv2d(inside, outside, 1), nn.ReLU()]
        self.net = nn.Sequential(*layers)

    def forward(self, picture: Tensor) -> Tensor:
        """Encode."""
        features: Tensor = self.net(picture).mean((2, 3))
        return features


def labelled(
    listings: Sequence[Listing], pictures: MappedPictures | None = None, topics: int = TOPICS
) -> LabelledListings:
    """Label listings at random: what is measured here is time alone."""
    y = (np.random.default_rng(0).random((len(listings), topics)) < 0.2).astype(np.float32)
    names = tuple(f"topic_{i:02}" for i in range(topics))
    more = {} if pictures is None else {"pictures": pictures}
    return LabelledListings(names, tuple(listings), y, np.ones_like(y), **more)


def detectors(
    data: LabelledListings, settings: Settings, encoder: bytes | None = None
) -> list[GmuDetector]:
    """Train quickly; all topics share a trunk."""
    from mimawari.detectors.gmu.artifact import Loaded
    from mimawari.detectors.gmu.trunk import Trunk

    made = train_together(data, settings, encoder)
    trunk = Trunk(made[0].parts)
    return [GmuDetector(Loaded(m.topic, trunk, m.head, m.calibration, {}, m.topic)) for m in made]


def score(
    models: Sequence[GmuDetector], some: Sequence[Listing], *pictures: MappedPictures
) -> None:
    """Normalise and score, as the service does."""
    for start in range(0, len(some), BATCH):
        batch = ListingBatch.of(some[start : start + BATCH], None, *pictures)
        for model in models:
            model.score(batch)


def text_and_table(quick: bool) -> dict[str, float]:
    """Score text and table of 20 topics; and the same tensors by ONNX Runtime alone."""
    some = workload.listings(1000 if quick else 8000)
    models = detectors(labelled(some[:500]), Settings(epochs=1, folds=2))
    trunk = models[0].trunk
    score(models, some[:BATCH])
    whole = seconds(lambda: score(models, some)) / len(some)
    inputs = trunk.inputs(ListingBatch.of(some[:BATCH]))
    alone = bare(trunk_bytes(models, some[:500]), inputs)
    dense = seconds(lambda: trunk._dense.run(["fused"], inputs), 9)
    return {
        "listings_a_second": rounded(1 / whole),
        "dense_ms_of_1000": rounded(dense * 1e3),
        "bare_onnx_runtime_ms_of_1000": rounded(alone * 1e3),
    }


def trunk_bytes(models: Sequence[GmuDetector], some: Sequence[Listing]) -> bytes:
    """Export the network again: the same one that the models run."""
    made = train_together(labelled(some), Settings(epochs=1, folds=2))
    return made[0].parts.dense


def bare(data: bytes, inputs: dict[str, Any]) -> float:
    """Time ONNX Runtime as anyone would call it, on one thread."""
    runtime = require("onnxruntime", "gmu")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return seconds(lambda: session.run(["fused"], inputs), 9)


def with_pictures(quick: bool) -> dict[str, float]:
    """Score listings with a 224x224 picture each, decoding included."""
    n = 64 if quick else 400
    random = np.random.default_rng(0)
    noise = random.integers(0, 255, (n, 14, 14, 3), np.uint8)
    some, data = [], {}
    for i, one in enumerate(workload.listings(n)):
        buffer = io.BytesIO()
        Image.fromarray(noise[i]).resize((SIDE, SIDE)).save(buffer, "JPEG", quality=85)
        url = f"https://img.example/{i}.jpg"
        data[url] = buffer.getvalue()
        some.append(msgspec.structs.replace(one, image_urls=(url,)))
    pictures = MappedPictures(data)
    torch.manual_seed(0)
    shown = torch.zeros(2, 3, SIDE, SIDE)
    encoder = onnx_of(Separable(), [shown], ("picture",), ("features",))
    settings = Settings(GmuSpec(picture=OF_224), epochs=1, folds=2, least_positives=5)
    models = detectors(labelled(some[:200], pictures), settings, encoder)
    score(models, some[:50], pictures)
    whole = seconds(lambda: score(models, some, pictures), 2) / len(some)
    return {"images_a_second": rounded(1 / whole)}


def training(quick: bool) -> dict[str, Any]:
    """Train on the catalogue with pictures: folds, calibration and the last network."""
    data = read(600 if quick else None)
    settings = Settings(GmuSpec(picture=PictureSpec()), epochs=1 if quick else 8)
    settings = msgspec.structs.replace(settings, least_positives=1)
    if quick:
        kept = np.flatnonzero(data.y.sum(axis=0) > 20)
        names = tuple(data.topics[i] for i in kept)
        data = LabelledListings(names, data.listings, data.y[:, kept], data.weight[:, kept],
                                data.pictures)  # fmt: skip
    start = time.perf_counter()

    def say(what: str, done: int, of: int) -> None:
        passed = time.perf_counter() - start
        print(f"{passed:6.0f} s  training, {what} {done}/{of}", file=sys.stderr, flush=True)

    made = train_together(data, settings, progress=say)
    return {
        "items": len(data.listings),
        "topics": len(made),
        "epochs": settings.epochs,
        "networks": settings.folds + 1,
        "minutes": rounded((time.perf_counter() - start) / 60),
        "threads": torch.get_num_threads(),
        "load_before": rounded(os.getloadavg()[0]),
        "device": "cpu",
    }


def measure(quick: bool = False) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Train on all cores, then score on one."""
    took = training(quick)
    with threadpool_limits(1):
        plain, pictured = text_and_table(quick), with_pictures(quick)
    ratio = plain["dense_ms_of_1000"] / plain["bare_onnx_runtime_ms_of_1000"]
    aims = [
        aim("20 topics, text and table, one core, listings a second", 3_000,
            plain["listings_a_second"]),
        aim("with a 224x224 picture, images a second", 40, pictured["images_a_second"]),
        aim("times bare ONNX Runtime", 1.2, ratio, at_most=True),
        aim("training on 12,000 items with pictures, minutes", 10, took["minutes"], at_most=True),
    ]  # fmt: skip
    return aims, {"text_and_table": plain, "pictures": pictured, "training": took}
