"""Why an alert was closed although nobody had decided it."""

from __future__ import annotations

import enum
from typing import Literal, TypeAlias

EndReason: TypeAlias = Literal["sold", "withdrawn", "removed"]
"""Why a listing ended."""


class Closing(enum.StrEnum):
    """What became of an alert that nobody decides any more.

    ``sold``, ``withdrawn``, ``removed``: its listing ended so. ``edited``: the listing has a newer
    version, which is looked at by itself. ``displaced``: something surer took its place, or the
    day's list became shorter. ``spared``: policy trusts or exempts the seller by now. ``erased``:
    what the seller wrote was taken out.
    """

    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    EDITED = "edited"
    DISPLACED = "displaced"
    SPARED = "spared"
    ERASED = "erased"
