"""Labels as moderators with known error rates give them, many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rates: TypeAlias = tuple[float, float]  # sensitivity, specificity


def misjudge(
    labels: NDArray[np.int8], rates: Rates, random: np.random.Generator
) -> NDArray[np.int8]:
    """Turn true labels into a moderator's: errors are independent from item to item.

    With sensitivity se and specificity sp a rate p becomes ``se p + (1 - sp)(1 - p)``, so the
    difference of two rates shrinks by ``se + sp - 1`` and keeps its sign (facts of noisy
    labels: Rogan & Gladen 1978, American Journal of Epidemiology 107).

    Parameters
    ----------
    labels
        Any shape; 1, 0, or -1 (no item), which stays.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> misjudge(np.array([1, 0, -1], np.int8), (0.0, 0.0), random).tolist()
    [0, 1, -1]
    """
    right = random.random(labels.shape) < np.where(labels == 1, *rates)
    return np.where((labels >= 0) & ~right, 1 - labels, labels).astype(np.int8)
