"""Which address a request comes from, as far as proxies that are trusted say so."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, TypeAlias

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
MOST_PROXIES = 20
HOUSEHOLD = 64
"""Bits of an IPv6 network that one customer has: their addresses count as one."""


def client_address(request: HttpRequest) -> str | None:
    """Give the address that sign-ins are throttled by."""
    networks = [ipaddress.ip_network(text) for text in settings.CONFIG.trusted_proxies]
    forwarded = request.headers.get("X-Forwarded-For", "")
    return outermost(request.META.get("REMOTE_ADDR", ""), forwarded, networks)


def outermost(peer: str, forwarded: str, trusted: Sequence[Network]) -> str | None:
    """Give the first address, from here outwards, that is of no trusted proxy.

    What stands further out was written by who is not trusted.

    Parameters
    ----------
    peer
        Who is connected.
    forwarded
        The header ``X-Forwarded-For``: each proxy appends who was connected to it.

    Examples
    --------
    >>> proxies = [ipaddress.ip_network("10.0.0.0/8")]
    >>> outermost("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", proxies)
    '203.0.113.7'
    >>> outermost("203.0.113.9", "6.6.6.6", proxies)
    '203.0.113.9'
    >>> outermost("2001:db8::1:2", "", proxies)
    '2001:db8::'
    """
    address = _address(peer)
    for text in reversed(forwarded.rsplit(",", MOST_PROXIES)):
        if address is None or not _is_of(address, trusted):
            break
        address = _address(text) or address
    return None if address is None else _counted(address)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_of(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _counted(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, HOUSEHOLD), strict=False).network_address)
