"""What a day's files hold of a listing version: its scores, and what was sent."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class ScoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a listing version, packed as they were stored.

    Parameters
    ----------
    number
        Of the version in the log.
    scores, rule_scores
        A float32, little-endian, a topic of the generation's manifest, in its order.
    model_scores, refined
        A float32 and a bit a deployment, in the manifest's order.
    in_canary
        A bit a topic, or nothing.
    alerted
        Topics that it was put before moderators for.
    """

    number: int
    listing_id: str
    version: int
    received_at: datetime
    generation: int
    day: date
    scored_at: datetime
    scores: bytes
    rule_scores: bytes
    model_scores: bytes
    refined: bytes
    in_canary: bytes = b""
    alerted: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """That the listing ended with this version, as the marketplace said."""

    reason: str
    ended_at: datetime
    recorded_at: datetime
    principal_kind: str
    principal: str


class ShownPicture(msgspec.Struct, frozen=True, array_like=True):
    """What became of a picture's link; ``sha256`` names the copy that was kept of it."""

    position: int
    url: str
    state: str
    sha256: str | None = None
    problem: str = ""


class SentVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A listing version as it was sent, and what was read or found in its text.

    All that is the seller's is here; of an erased one no more than what names it.
    """

    number: int
    listing_id: str
    version: int
    seller_id: str
    received_at: datetime
    payload: str
    rule_hits: list[str]
    picture_text: str
    ended: Ended | None = None
    pictures: tuple[ShownPicture, ...] = ()
    erased: bool = False
