"""The Stream port: what a scorer needs of whatever holds the listing versions that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing
    from mimawari.records.work import LeasedVersion

# Failures after which a version is set aside.
MOST_ATTEMPTS = 3


@runtime_checkable
class Stream(Protocol):
    """Hands out listing versions under leases, each to one scorer at a time.

    A lease is a promise for some seconds, not a lock: nobody waits for another's, one that ran
    out is given to whoever asks next, and what its first holder then says has no effect.
    """

    def publish(self, listings: Sequence[Listing]) -> None:
        """Add listing versions; they are durable once this returns."""
        ...

    def fetch(self, most: int, seconds: float) -> list[LeasedVersion]:
        """Lease the oldest versions that are free, for so many seconds; never waits."""
        ...

    def ack(self, leased: Sequence[LeasedVersion]) -> set[int]:
        """Take versions out of the stream, within the caller's transaction.

        Returns
        -------
        The numbers of those that were still the caller's: only their scores may be written.
        What was acknowledged before, ran out and was leased again, or was replaced by a newer
        version meanwhile is not among them.
        """
        ...

    def release(self, leased: Sequence[LeasedVersion]) -> None:
        """Give leases back unused: others may fetch the versions at once."""
        ...

    def fail(self, leased: LeasedVersion, reason: str) -> None:
        """Count a failed try; after `MOST_ATTEMPTS` the version is set aside with the reason."""
        ...

    def lag(self) -> int:
        """Count the versions that are neither acknowledged nor set aside nor replaced."""
        ...
