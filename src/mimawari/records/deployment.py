"""A model version in a slot of a topic."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class Slot(StrEnum):
    """What a deployed model's scores are for.

    A champion's scores compete for the top K, and so do a canary's, for its share of the
    sellers; a shadow's are stored, and nothing follows from them.
    """

    CHAMPION = "champion"
    CANARY = "canary"
    SHADOW = "shadow"


class Deployment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model version in a slot of a topic.

    Parameters
    ----------
    model
        Version of the model, such as ``weapons-0123456789ab``.
    share
        Part of the sellers whose listings a canary lists; 1 in the other slots.
    """

    model: str
    slot: Slot
    share: Share = 1.0
