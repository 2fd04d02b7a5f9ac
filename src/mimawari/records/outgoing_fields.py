"""Fields that many bodies have which a marketplace is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta

EventId: TypeAlias = Annotated[
    str, Meta(description="The same in every repetition; what was seen already can be left out.")
]
At: TypeAlias = Annotated[datetime, Meta(tz=True, description="When it happened, in UTC.")]
ListingId: TypeAlias = Annotated[str, Meta(description="As the marketplace gave it.")]
Version: TypeAlias = Annotated[
    int, Meta(description="The listing's version that was looked at; a later edit may stand.")
]
