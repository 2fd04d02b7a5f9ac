"""What every stream promises, as checks that any adapter can be put through.

An adapter gives a `Harness` a check, empty each time, and calls `check_stream` in its tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.listings.listing import Listing
from mimawari.streams.base import MOST_ATTEMPTS, Stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

LEASE = 60.0


@dataclass(frozen=True, slots=True)
class Harness:
    """An empty stream, and the means to try it.

    Parameters
    ----------
    pass_time
        Lets so many seconds pass on the stream's clock.
    transaction
        The caller's transaction: an error inside undoes what the stream did in it.
    """

    stream: Stream
    pass_time: Callable[[float], None]
    transaction: Callable[[], AbstractContextManager[object]]


class StreamConformanceError(AssertionError):
    """A stream broke a promise; the message says which."""


class _UndoError(Exception):
    """Ends a transaction."""


def _need(holds: bool, promise: str) -> None:
    if not holds:
        raise StreamConformanceError(promise)


def listings(count: int, version: int = 1, start: int = 0) -> list[Listing]:
    """Make listings with identifiers in order."""
    return [
        Listing(id=f"L{start + i}", version=version, seller_id="s", title="a cup")
        for i in range(count)
    ]


def leases_are_not_shared(harness: Harness) -> None:
    """Check that two fetches never give the same version, and give the oldest first."""
    stream = harness.stream
    stream.publish(listings(5))
    first, second = stream.fetch(3, LEASE), stream.fetch(3, LEASE)
    _need([v.listing_id for v in first] == ["L0", "L1", "L2"], "the oldest come first")
    _need([v.listing_id for v in second] == ["L3", "L4"], "a second fetch gives the rest")
    _need(not stream.fetch(3, LEASE), "what is leased is not given again")
    _need(len({v.lease for v in first}) == 1, "a fetch is one lease")
    _need(first[0].lease != second[0].lease, "every fetch has a lease of its own")
    _need(stream.lag() == 5, "leased versions count as waiting")


def a_version_is_acknowledged_once(harness: Harness) -> None:
    """Check that an acknowledgement takes a version out for good."""
    stream = harness.stream
    stream.publish(listings(2))
    leased = stream.fetch(2, LEASE)
    with harness.transaction():
        _need(stream.ack(leased) == {v.id for v in leased}, "the first acknowledgement counts")
    with harness.transaction():
        _need(stream.ack(leased) == set(), "a second one gives nothing")
    harness.pass_time(2 * LEASE)
    _need(not stream.fetch(2, LEASE), "what was acknowledged never comes back")
    _need(stream.lag() == 0, "nothing waits")


def an_undone_acknowledgement_never_was(harness: Harness) -> None:
    """Check that the acknowledgement is part of the caller's transaction."""
    stream = harness.stream
    stream.publish(listings(2))
    leased = stream.fetch(2, LEASE)
    try:
        with harness.transaction():
            stream.ack(leased)
            raise _UndoError
    except _UndoError:
        pass
    _need(stream.lag() == 2, "an acknowledgement that was rolled back leaves the version")
    with harness.transaction():
        _need(stream.ack(leased) == {v.id for v in leased}, "it can be acknowledged again")


def a_lease_runs_out(harness: Harness) -> None:
    """Check that who holds a lease too long loses it, with all that they say later."""
    stream = harness.stream
    stream.publish(listings(2))
    late = stream.fetch(2, LEASE)
    harness.pass_time(2 * LEASE)
    again = stream.fetch(2, LEASE)
    _need([v.id for v in again] == [v.id for v in late], "a lease that ran out is given again")
    with harness.transaction():
        _need(stream.ack(late) == set(), "its first holder acknowledges nothing")
    stream.fail(late[0], "too late")
    stream.release(late)
    _need(not stream.fetch(2, LEASE), "its first holder cannot give away another's lease")
    with harness.transaction():
        _need(stream.ack(again) == {v.id for v in again}, "its second holder does")


def what_is_released_is_free(harness: Harness) -> None:
    """Check that a lease given back is free at once, and no failure."""
    stream = harness.stream
    stream.publish(listings(3))
    leased = stream.fetch(3, LEASE)
    stream.release(leased[:2])
    again = stream.fetch(3, LEASE)
    _need([v.id for v in again] == [v.id for v in leased[:2]], "released versions are given again")
    _need(all(v.attempts == 0 for v in again), "giving back is no failure")


def failures_set_a_version_aside(harness: Harness) -> None:
    """Check that a version that fails again and again stops coming; the others go on."""
    stream = harness.stream
    stream.publish(listings(2))
    for failed in range(MOST_ATTEMPTS):
        leased = stream.fetch(1, LEASE)
        _need([v.listing_id for v in leased] == ["L0"], "what failed is given again at once")
        _need(leased[0].attempts == failed, "a version knows how often it failed")
        stream.fail(leased[0], "it cannot be scored")
    _need([v.listing_id for v in stream.fetch(2, LEASE)] == ["L1"], "then it is set aside")
    _need(stream.lag() == 1, "and counts no more")


def a_newer_version_replaces_an_older(harness: Harness) -> None:
    """Check that of a listing only the newest version is given, and a late one never."""
    stream = harness.stream
    stream.publish(listings(1))
    leased = stream.fetch(1, LEASE)
    stream.publish(listings(1, version=2))
    with harness.transaction():
        _need(stream.ack(leased) == set(), "a version that was replaced is not acknowledged")
    newer = stream.fetch(2, LEASE)
    _need([v.version for v in newer] == [2], "the newer version is given")
    stream.publish(listings(1))
    _need(stream.lag() == 1, "an older version that comes late does not wait")


def publishing_again_adds_nothing(harness: Harness) -> None:
    """Check that the same version twice is one version."""
    stream = harness.stream
    stream.publish(listings(2))
    stream.publish(listings(3))
    _need(stream.lag() == 3, "a version that is known is not added")


CHECKS = (
    leases_are_not_shared,
    a_version_is_acknowledged_once,
    an_undone_acknowledgement_never_was,
    a_lease_runs_out,
    what_is_released_is_free,
    failures_set_a_version_aside,
    a_newer_version_replaces_an_older,
    publishing_again_adds_nothing,
)


def check_stream(new_harness: Callable[[], Harness]) -> None:
    """Put an adapter through every check, each on an empty stream.

    Raises
    ------
    StreamConformanceError
        Naming the promise that was broken.

    Examples
    --------
    >>> from mimawari.streams import MemoryStream
    >>> def memory() -> Harness:
    ...     stream = MemoryStream()
    ...     return Harness(stream, stream.pass_time, stream.transaction)
    >>> check_stream(memory)
    """
    for check in CHECKS:
        check(new_harness())
