"""Why a picture could not be fetched, and whether asking again can help."""

from __future__ import annotations

import enum

from mimawari.errors import FieldProblem, MimawariError


class Fault(enum.StrEnum):
    """What stood in the way."""

    BAD_ADDRESS = "bad_address"
    PRIVATE_ADDRESS = "private_address"
    UNKNOWN_HOST = "unknown_host"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"
    NAME_SERVICE = "name_service"
    UNREACHABLE = "unreachable"
    BROKEN_OFF = "broken_off"
    TOO_SLOW = "too_slow"
    BUSY = "busy"

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later; the others are not worth a retry.

        Examples
        --------
        >>> Fault.TOO_SLOW.passing, Fault.PRIVATE_ADDRESS.passing
        (True, False)
        """
        return self in _PASSING


_PASSING = frozenset(
    {Fault.NAME_SERVICE, Fault.UNREACHABLE, Fault.BROKEN_OFF, Fault.TOO_SLOW, Fault.BUSY}
)


class FetchError(MimawariError):
    """A picture was not fetched.

    Examples
    --------
    >>> error = FetchError(Fault.BUSY, "image_urls[0]", "answered 503", "try again later")
    >>> print(error, error.passing)
    image_urls[0]: answered 503; try again later True
    """

    def __init__(self, fault: Fault, field: str, problem: str, remedy: str) -> None:
        self.fault = fault
        self.problem = FieldProblem(field, problem, remedy)
        super().__init__(str(self.problem))

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.fault.passing
