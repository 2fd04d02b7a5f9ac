"""Where a training stands, as arrays and JSON: killed, it goes on from the last epoch."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np
import torch

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn
    from torch.optim import Optimizer

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def write(path: Path, key: str, epoch: int, network: nn.Module, optimizer: Optimizer) -> None:
    """Write the state after ``epoch`` epochs; the file is whole or the one before stays."""
    arrays = {f"network/{n}": t.detach().cpu().numpy() for n, t in network.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        for name in MOMENTS:
            arrays[f"optimizer/{number}/{name}"] = moments[name].detach().cpu().numpy()
    buffer = io.BytesIO()
    np.savez(buffer, key=np.array(key), epoch=np.array(epoch), **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    with fresh.open("wb") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path, key: str, network: nn.Module, optimizer: Optimizer) -> int:
    """Take up the state of a file, where there is one; gives the epochs that are done.

    Raises
    ------
    InvalidInputError
        The file is broken, or of other data or settings.
    """
    if not path.is_file():
        return 0
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
    except (OSError, ValueError, EOFError) as error:
        raise _refuse(path, f"cannot be read ({error})") from error
    if str(arrays.get("key")) != key:
        raise _refuse(path, "is of other data or settings")
    tensors = {n: torch.from_numpy(np.asarray(a)) for n, a in arrays.items() if "/" in n}
    network.load_state_dict(
        {n.removeprefix("network/"): t for n, t in tensors.items() if n.startswith("network/")}
    )
    known = optimizer.state_dict()
    numbers = {int(n.split("/")[1]) for n in tensors if n.startswith("optimizer/")}
    known["state"] = {
        i: {name: tensors[f"optimizer/{i}/{name}"] for name in MOMENTS} for i in sorted(numbers)
    }
    optimizer.load_state_dict(known)
    return int(arrays["epoch"])


def _refuse(path: Path, problem: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(str(path), problem, "delete it, and train anew"))
