"""One network, trained on some of the rows."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from mimawari.detectors.gmu.training import checkpoint
from mimawari.detectors.gmu.training.network import Network
from mimawari.errors import MimawariError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor
    from torch.optim import Optimizer

    from mimawari.detectors.gmu.training.settings import Settings
    from mimawari.detectors.gmu.training.steps import Steps

WARM_SHARE = 0.2
RUN_AWAY = 1e6  # no sound weight is near it


class TrainingStoppedError(MimawariError):
    """The loss is no number; the last checkpoint is kept."""


def device_of(settings: Settings) -> str:
    """Choose the device.

    Examples
    --------
    >>> from mimawari.detectors.gmu.training.settings import Settings
    >>> device_of(Settings(device="cpu"))
    'cpu'
    """
    if settings.device != "auto":
        return settings.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def half_precision(settings: Settings, device: str) -> AbstractContextManager[object]:
    """Compute in bfloat16 where asked to, and on a GPU by default."""
    if settings.precision == "bfloat16" or (settings.precision == "auto" and device == "cuda"):
        return torch.autocast(device, torch.bfloat16)
    return nullcontext()


def rate_at(share: float) -> float:
    """Give the factor of the learning rate: a line up, then half a cosine down to zero.

    Examples
    --------
    >>> rate_at(0.1), rate_at(0.2), round(rate_at(0.6), 2), round(rate_at(1.0), 2)
    (0.5, 1.0, 0.5, 0.0)
    """
    if share < WARM_SHARE:
        return share / WARM_SHARE
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_SHARE) / (1 - WARM_SHARE)))


def balanced(
    y: NDArray[np.float32], weight: NDArray[np.float32], power: float
) -> NDArray[np.float32]:
    """Weigh positives more, and give unknown labels no weight; mean 1 a topic.

    Each positive's weight is multiplied by (negatives / positives) to the ``power``, both
    counted by weight: 0 leaves the prior, 1 evens it out.
    """
    known = np.where(np.isnan(y), 0.0, weight).astype(np.float64)
    inside = (known * (y == 1)).sum(axis=0)
    outside = (known * (y == 0)).sum(axis=0)
    factor = (np.maximum(outside, 1e-9) / np.maximum(inside, 1e-9)) ** power
    weights = np.where(y == 1, known * factor, known)
    mean = weights.sum(axis=0) / np.maximum((known > 0).sum(axis=0), 1)
    return np.asarray(weights / np.maximum(mean, 1e-9), np.float32)


def fit(
    steps: Steps,
    y: NDArray[np.float32],
    weight: NDArray[np.float32],
    rows: NDArray[np.int64],
    settings: Settings,
    save_to: tuple[Path, str] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    make: Callable[[], Network] | None = None,
) -> Network:
    """Train a network on ``rows``.

    Parameters
    ----------
    save_to
        File of the checkpoint, and a key that says of which training it is; where the file is
        there, training goes on from it and ends as if it had never stopped.
    make
        Makes the network, where it is not the usual one.

    Raises
    ------
    TrainingStoppedError
        The loss is no number: says in which step, and what was the first to be none.
    """
    torch.manual_seed(settings.seed)
    usual = lambda: Network(settings.spec, y.shape[1], settings.dropout)  # noqa: E731
    network = (make or usual)().to(steps.device)
    optimizer = _optimizer(network, settings)
    done = checkpoint.read(*save_to, network, optimizer) if save_to else 0
    loss_weight = balanced(y[rows], weight[rows], settings.balance)
    target = np.nan_to_num(y[rows])
    for epoch in range(done, settings.epochs):
        _epoch(network, optimizer, steps, rows, target, loss_weight, settings, epoch)
        if save_to:
            checkpoint.write(*save_to, epoch + 1, network, optimizer)
        progress(epoch + 1, settings.epochs)
    return network


def _optimizer(network: Network, settings: Settings) -> Optimizer:
    vectors = {id(p) for part in (network.text, network.shelf) for p in part.parameters()}
    layers = [p for p in network.parameters() if id(p) not in vectors]
    first = [p for p in network.parameters() if id(p) in vectors]
    rates = (settings.rate * settings.text_rate, settings.rate)
    groups = [
        {"params": first, "lr": rates[0], "largest": rates[0], "weight_decay": 0.0},
        {"params": layers, "lr": rates[1], "largest": rates[1], "weight_decay": settings.decay},
    ]
    return torch.optim.AdamW(groups, fused=True)


def _epoch(
    network: Network,
    optimizer: Optimizer,
    steps: Steps,
    rows: NDArray[np.int64],
    target: NDArray[np.float32],
    weight: NDArray[np.float32],
    settings: Settings,
    epoch: int,
) -> None:
    network.train()
    torch.manual_seed(settings.seed * 100_003 + epoch)  # so that a resumed epoch draws the same
    random = np.random.default_rng((settings.seed, epoch))
    order = random.permutation(len(rows))
    count = max(1, len(rows) // settings.batch)
    for number, part in enumerate(np.array_split(order, count)):
        at = epoch * count + number
        factor = rate_at((at + 1) / (settings.epochs * count))
        for group in optimizer.param_groups:
            group["lr"] = group["largest"] * factor
        with half_precision(settings, steps.device):
            margins = network(steps.cut(rows[part], random))
        loss = _loss(margins.float(), target[part], weight[part])
        if not torch.isfinite(loss):
            raise TrainingStoppedError(_stop_reason(network, margins, at + 1))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()


def _loss(margins: Tensor, y: NDArray[np.float32], weight: NDArray[np.float32]) -> Tensor:
    target = torch.from_numpy(y).to(margins.device)
    of_row = torch.from_numpy(weight).to(margins.device)
    return functional.binary_cross_entropy_with_logits(margins, target, of_row)


def _stop_reason(network: Network, margins: Tensor, step: int) -> str:
    """Name what is no number, from the parameters to the margins."""
    bad = [n for n, p in network.named_parameters() if not (p.abs() < RUN_AWAY).all()]
    if bad:
        reason = f"the weights of {bad[0]} have run away: lower the learning rate"
    elif not torch.isfinite(margins).all():
        reason = "the margins are no numbers: look for numbers out of range among the inputs"
    else:
        reason = "the loss is no number: look at the weights of the labels"
    return f"training stopped at step {step}: {reason}; the last checkpoint is kept"


@torch.no_grad()
def margins_of(network: Network, steps: Steps, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give the margins of rows, shape (n, topics)."""
    network.eval()
    parts = [rows[s : s + 512] for s in range(0, len(rows), 512)]
    margins = [network(steps.cut(part)).cpu().numpy() for part in parts]
    topics = network.heads.out_features
    return np.concatenate([np.zeros((0, topics)), *margins]).astype(np.float64)
