"""Names of leases: each says which process holds it, so that those of the dead are known."""

from __future__ import annotations

import itertools
import os
import secrets
import zlib

from mimawari.service.platform.hosts import has_ended, here

_HOST_BITS, _PID_BITS, _COUNT_BITS = 20, 22, 20
# Never the same twice in a process, and hardly in two that have one number after the other.
_counter = itertools.count(secrets.randbits(_COUNT_BITS))


def new_lease() -> int:
    """Name a new lease of this process.

    Examples
    --------
    >>> new_lease() == new_lease()
    False
    """
    process = _host() << _PID_BITS | os.getpid() & _mask(_PID_BITS)
    return process << _COUNT_BITS | next(_counter) & _mask(_COUNT_BITS)


def holder_has_ended(lease: int) -> bool:
    """Whether the process that holds a lease is known to have ended; of other hosts' none is.

    Examples
    --------
    >>> holder_has_ended(new_lease())
    False
    """
    process = lease >> _COUNT_BITS
    return process >> _PID_BITS == _host() and has_ended(here(), process & _mask(_PID_BITS))


def _host() -> int:
    return zlib.crc32(here().encode()) & _mask(_HOST_BITS)


def _mask(bits: int) -> int:
    return (1 << bits) - 1
