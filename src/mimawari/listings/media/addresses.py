"""Which internet addresses a stranger's link may lead to: public ones, and no others."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str], Sequence[str]]

# Beside what Python calls not global, whose list differs from one release to the next.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' own; also the metadata service of one cloud
        "168.63.129.16/32",  # a cloud's own service under a public address
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast and reserved
    )
)
# All of the public internet; mapped, NAT64 and local addresses lie outside of it.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo and other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",
    )
)


def is_public(address: Address) -> bool:
    """Tell whether an address is one host on the public internet.

    Examples
    --------
    >>> [is_public(ipaddress.ip_address(ip)) for ip in ("8.8.8.8", "10.0.0.1", "::ffff:8.8.8.8")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    inside = address in _PUBLIC_V6 and address.is_global
    return inside and not any(address in network for network in _REFUSED_V6)


def permitted(answers: Iterable[str], allow_private: Sequence[Network] = ()) -> tuple[str, ...]:
    """Give addresses without repetition, or none if any of them is neither public nor allowed.

    One private answer among public ones is an attack or a mistake; neither is served.

    Examples
    --------
    >>> permitted(["8.8.8.8", "8.8.8.8"]), permitted(["8.8.8.8", "127.0.0.1"])
    (('8.8.8.8',), ())
    """
    addresses = [ipaddress.ip_address(answer) for answer in answers]
    if not all(
        is_public(address) or any(address in net for net in allow_private) for address in addresses
    ):
        return ()
    return tuple(dict.fromkeys(str(address) for address in addresses))


def resolve(host: str) -> tuple[str, ...]:
    """Ask the system for the addresses of a host, in the order to try them.

    Examples
    --------
    >>> resolve("0x7f.1")
    ('127.0.0.1',)
    """
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(str(entry[4][0]) for entry in entries)


def resolve_within(seconds: float, resolver: Resolver, host: str) -> Sequence[str]:
    """Ask a resolver, and wait no longer than told: the system's own has no time limit.

    Raises
    ------
    TimeoutError
        No answer yet. The thread that waits for it ends with the resolver.
    """
    results: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            results.put(resolver(host))
        except Exception as error:  # handed over to the thread that asked
            results.put(error)

    threading.Thread(target=ask, daemon=True, name="mimawari-resolve").start()
    try:
        result = results.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise TimeoutError(host) from None
    if isinstance(result, Exception):
        raise result
    return result
