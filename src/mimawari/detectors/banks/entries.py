"""One line of a bank: what is known of a picture, and who said so."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.media.hashes import LEAST_QUALITY, pdq

if TYPE_CHECKING:
    from mimawari.listings.media.pictures import Picture


class Verdict(enum.StrEnum):
    """What a picture is known to be for a topic."""

    BAD = "bad"
    GOOD = "good"
    WITHDRAWN = "withdrawn"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody said of a picture; a later entry of the same hash and topic replaces it.

    Parameters
    ----------
    pdq
        Hash in the hexadecimal form in which hashes are exchanged.
    topic, verdict
        For which topic it is known to be what.
    by, at, note
        Who, when and why.

    Examples
    --------
    >>> from datetime import UTC
    >>> Entry(pdq="0" * 64, topic="weapons", verdict=Verdict.BAD, by="ann",
    ...       at=datetime(2026, 1, 31, tzinfo=UTC), note="case 17").provenance
    'case 17 (by ann, 2026-01-31)'
    """

    pdq: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    topic: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{1,39}\Z")]
    verdict: Verdict
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    note: Annotated[str, msgspec.Meta(max_length=1_000)] = ""

    @property
    def bits(self) -> bytes:
        """The hash as 32 bytes."""
        return bytes.fromhex(self.pdq)

    @property
    def provenance(self) -> str:
        """Why, who and when, for people."""
        origin = f"(by {self.by}, {self.at:%Y-%m-%d})"
        return f"{self.note} {origin}" if self.note else origin


def entry_of(
    picture: Picture, topic: str, verdict: Verdict, by: str, at: datetime, note: str = ""
) -> Entry:
    """Hash a picture for a bank.

    Raises
    ------
    InvalidInputError
        There is too little on it to be told from others.
    """
    picture_hash = pdq(picture)
    if not picture_hash.usable:
        problem = f"has quality {picture_hash.quality}, under {LEAST_QUALITY}"
        remedy = "choose a picture with more on it: this one resembles too many others"
        raise InvalidInputError(FieldProblem("picture", problem, remedy))
    return Entry(pdq=str(picture_hash), topic=topic, verdict=verdict, by=by, at=at, note=note)
