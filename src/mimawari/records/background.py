"""The margins that a model gives to listings which do not violate."""

from __future__ import annotations

import msgspec


class Background(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mean and spread of held-out margins of listings that do not violate.

    Parameters
    ----------
    mean
        In units of the model's margin.
    spread
        Standard deviation, in the same units; above 0.
    """

    mean: float
    spread: float
