"""Work that a stream hands out: a listing version under a lease."""

from __future__ import annotations

import msgspec


# As listings, it cannot be part of a cycle.
class LeasedVersion(msgspec.Struct, frozen=True, gc=False):
    """A listing version that one scorer may score until its lease runs out.

    Parameters
    ----------
    id
        Number of the listing version in the durable log.
    payload
        JSON of the `Listing`.
    attempts
        Tries that failed before.
    lease
        Names the fetch that took it: an acknowledgement under another lease does nothing.
    """

    id: int
    listing_id: str
    version: int
    payload: str
    attempts: int
    lease: int
