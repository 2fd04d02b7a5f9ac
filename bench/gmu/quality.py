"""F1 of the gated multimodal unit beside other fusions and each modality alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from bench.environment import aim, rounded
from bench.gmu.catalogue import read
from bench.gmu.fusions import maker
from mimawari.detectors.gmu.pictures import scaled
from mimawari.detectors.gmu.spec import GmuSpec, PictureSpec
from mimawari.detectors.gmu.training.loop import fit, margins_of
from mimawari.detectors.gmu.training.network import Network
from mimawari.detectors.gmu.training.rows import LabelledListings, Prepared, prepare
from mimawari.detectors.gmu.training.settings import Settings
from mimawari.detectors.gmu.training.steps import Steps

PICTURE = PictureSpec(features=96 + 8 * 24)
KINDS = ("gated unit", "concatenation", "linear sum", "text alone", "picture alone")
AVERAGES = ("weighted", "samples", "micro", "macro")
GRID = np.linspace(0.1, 0.6, 26)
MACRO, SEEDS, EPOCHS = 0.70, (0, 1, 2), 12
TEXT, PICTURES = 0, 2


def settings_of(seed: int, epochs: int) -> Settings:
    """Give the settings: those of the package, but wider, and no prior to shift for F1."""
    spec = GmuSpec(text_width=128, units=512, picture=PICTURE)
    return Settings(spec, epochs=epochs, dropout=0.3, ngram_dropout=0.1, balance=0.0,
                    modality_dropout=0.0, seed=seed)  # fmt: skip


def only(data: Prepared, modalities: tuple[int, ...]) -> Prepared:
    """Hide the other modalities."""
    shown = np.zeros_like(data.present)
    shown[:, modalities] = data.present[:, modalities]
    return replace(data, present=shown)


def encoded(
    labelled: LabelledListings, data: Prepared, rows: NDArray[np.int64], settings: Settings
) -> Prepared:
    """Train the encoder alone, then put its features in the place of the pixels."""
    import torch

    steps = Steps(only(data, (PICTURES,)), settings.spec, settings, "cpu")
    network = fit(steps, labelled.y, labelled.weight, rows, settings, progress=told("encoder"))
    assert network.encoder is not None
    assert data.pixels is not None
    network.eval()
    with torch.no_grad():
        parts = [
            network.encoder(torch.from_numpy(scaled(data.pixels[s : s + 500], PICTURE))).numpy()
            for s in range(0, len(data.pixels), 500)
        ]
    return replace(data, pixels=None, features=np.concatenate(parts))


def told(what: str) -> Callable[[int, int], None]:
    """Say how far it is."""
    start = time.perf_counter()

    def say(done: int, of: int) -> None:
        seconds = time.perf_counter() - start
        print(f"{seconds:6.0f} s  {what} {done}/{of}", file=sys.stderr, flush=True)

    return say


def f1(y: NDArray[np.bool_], found: NDArray[np.bool_]) -> list[float]:
    """Give F1 by the four averages."""
    return [float(f1_score(y, found, average=a, zero_division=0)) for a in AVERAGES]


def thresholds(y: NDArray[np.bool_], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose each label's: half of the way from the best for all to the best for it."""
    whole = GRID[np.argmax([f1_score(y, p > t, average="micro") for t in GRID])]
    own = [
        GRID[np.argmax([f1_score(y[:, c], p[:, c] > t, zero_division=0) for t in GRID])]
        for c in range(y.shape[1])
    ]
    return (whole + np.array(own)) / 2


def one(kind: str, seed: int, world: tuple[Any, ...], epochs: int) -> NDArray[np.bool_]:
    """Train one fusion; gives what it says of the test rows."""
    labelled, data, fit_rows, tuning, test = world
    spec = msgspec.structs.replace(PICTURE, sha256="trained alone")
    settings = settings_of(seed, epochs)
    settings = msgspec.structs.replace(
        settings, spec=msgspec.structs.replace(settings.spec, picture=spec)
    )
    shown = {"text alone": (TEXT,), "picture alone": (PICTURES,)}.get(kind)
    steps = Steps(only(data, shown) if shown else data, settings.spec, settings, "cpu")
    network: Network = fit(steps, labelled.y, labelled.weight, fit_rows, settings,
                           make=maker(kind, settings, labelled.y.shape[1]))  # fmt: skip
    tuned, held = (1 / (1 + np.exp(-margins_of(network, steps, at))) for at in (tuning, test))
    return held > thresholds(labelled.y[tuning] > 0, tuned)


def measure(quick: bool = False) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run every fusion with every seed."""
    seeds, epochs = (SEEDS[:1], 2) if quick else (SEEDS, EPOCHS)
    labelled = read(1500 if quick else None)
    order = np.random.default_rng(0).permutation(len(labelled.y))
    cut = round(0.7 * len(order))
    train, test = order[:cut], order[cut:]
    y = labelled.y[test] > 0
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    said: dict[str, list[NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    pixels = prepare(labelled, settings_of(0, epochs).spec)
    tuning, fit_rows = train[: cut // 6], train[cut // 6 :]
    data = encoded(labelled, pixels, fit_rows, settings_of(0, epochs))
    for seed in seeds:
        for kind in KINDS:
            held = one(kind, seed, (labelled, data, fit_rows, tuning, test), epochs)
            said[kind].append(held)
            found[kind].append(f1(y, held))
            print(kind, seed, found[kind][-1], file=sys.stderr, flush=True)
    means = {kind: np.mean(found[kind], axis=0) for kind in KINDS}
    ours = means[KINDS[0]]
    aims = [
        aim(f"multimodal {a} F1, best of the others", max(means[k][i] for k in KINDS[1:]), ours[i])
        for i, a in enumerate(AVERAGES)
    ]
    aims.append(aim("multimodal macro F1", MACRO, ours[3]))
    table = {
        kind: {
            a: {"mean": rounded(means[kind][i]), "of_seeds": [rounded(r[i]) for r in found[kind]]}
            for i, a in enumerate(AVERAGES)
        }
        for kind in KINDS
    }
    gains = {kind: gain(y, said[KINDS[0]], said[kind]) for kind in KINDS[1:]}
    return aims, {"f1": table, "gated_unit_minus": gains, "labels": y.shape[1], "test": len(y)}


def gain(
    y: NDArray[np.bool_], ours: list[NDArray[np.bool_]], theirs: list[NDArray[np.bool_]]
) -> dict[str, list[float]]:
    """Bootstrap the test rows in pairs: the mean difference over seeds, with its 95 % interval."""
    random = np.random.default_rng(0)
    draws = [np.arange(len(y)), *(random.integers(len(y), size=len(y)) for _ in range(100))]
    differences = []
    for rows in draws:
        pairs = [
            np.subtract(f1(y[rows], a[rows]), f1(y[rows], b[rows]))
            for a, b in zip(ours, theirs, strict=True)
        ]
        differences.append(np.mean(pairs, axis=0))
    low, high = np.quantile(differences[1:], (0.025, 0.975), axis=0)
    return {
        a: [rounded(differences[0][i]), rounded(low[i]), rounded(high[i])]
        for i, a in enumerate(AVERAGES)
    }
