"""The gated multimodal unit in plain NumPy, as the paper writes it: the oracle of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

EPSILON = 1e-5


def normalised(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """Give a row mean 0 and variance 1, then weigh and shift it (layer normalisation)."""
    centred = x - x.mean(axis=1, keepdims=True)
    scaled: Floats = centred / np.sqrt(x.var(axis=1, keepdims=True) + EPSILON) * weight + bias
    return scaled


def gated_parts(
    inputs: Sequence[Floats],
    present: NDArray[np.bool_],
    candidates: Sequence[tuple[Floats, Floats]],
    gates: Sequence[tuple[Floats, Floats]],
) -> Floats:
    r"""Give what each modality adds to the fused vector, shape (n, modalities, units).

    ``part_m = present_m * sigmoid(G_m [x_1 .. x_k] + b_m) * tanh(W_m x_m + c_m)``, and the
    fused vector is their sum. A modality that is absent is zero wherever it would be read, so
    that nothing stands in for it.

    Parameters
    ----------
    inputs
        Features of each modality, shapes (n, d_m).
    present
        Whether a row has the modality, shape (n, modalities).
    candidates, gates
        Weight (units, d) and bias (units,) of each modality's two layers.
    """
    shown = [x * present[:, [m]] for m, x in enumerate(inputs)]
    together = np.concatenate(shown, axis=1)
    parts = [
        present[:, [m]] * expit(together @ g.T + b) * np.tanh(shown[m] @ w.T + c)
        for m, ((w, c), (g, b)) in enumerate(zip(candidates, gates, strict=True))
    ]
    return np.stack(parts, axis=1)
