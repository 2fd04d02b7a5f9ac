"""Requests to addresses that strangers name: links checked, hosts resolved once, errors as faults.

What fetches pictures and what delivers webhooks share it, so that there is one check.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import certifi
import httpcore
import httpx

from mimawari.listings.media.addresses import permitted, resolve_within
from mimawari.listings.media.faults import Fault, FetchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.listings.media.addresses import Network, Resolver
    from mimawari.listings.media.connections import Deadline

_HOST = re.compile(rb"[0-9A-Za-z._:-]+")  # as encoded for look-up; colons are of IPv6


def trusted() -> ssl.SSLContext:
    """Trust the certifi package's certificates."""
    # Python's default context would read environment variables, one of which writes keys down.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    return context


def parsed(text: str, field: str, remedy: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read a link of the web.

    Raises
    ------
    FetchError
        It is none, or holds what none may hold.
    """
    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        problem = f"cannot be read as a link ({error})"
        raise FetchError(Fault.BAD_ADDRESS, field, problem, remedy) from error
    if not (url.scheme in {"http", "https"} and _HOST.fullmatch(url.raw_host)):
        raise FetchError(Fault.BAD_ADDRESS, field, "is no link of the web", remedy)
    if (url.port or 0) > 65_535:
        raise FetchError(Fault.BAD_ADDRESS, field, f"names port {url.port}", remedy)
    if url.userinfo:
        raise FetchError(Fault.BAD_ADDRESS, field, "holds a user name or password", remedy)
    return url


def addresses_of(
    url: httpx.URL,
    field: str,
    remedy: str,
    deadline: Deadline,
    resolver: Resolver,
    allow_private: Sequence[Network],
) -> tuple[str, ...]:
    """Resolve a link's host, once, and check all its addresses.

    Raises
    ------
    FetchError
        It is unknown, or leads to an address that is neither public nor allowed.
    """
    addresses = resolve_within(deadline.left(), resolver, url.raw_host.decode("ascii"))
    if not addresses:
        raise FetchError(Fault.UNKNOWN_HOST, field, "names an unknown host", remedy)
    allowed = permitted(addresses, allow_private)
    if not allowed:
        # The address stays unsaid: it would tell a stranger about the network inside.
        problem = "leads to an address that is not public"
        raise FetchError(Fault.PRIVATE_ADDRESS, field, problem, remedy)
    return allowed


def header(response: httpcore.Response, name: bytes) -> bytes:
    """Give an answer's header; empty where it has none."""
    return b", ".join(value for key, value in response.headers if key.lower() == name)


# The second is not known to every system.
_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@contextmanager
def errors_as_faults(field: str, remedy: str) -> Iterator[None]:
    """Turn what the network's layers raise into faults."""
    try:
        yield
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise FetchError(Fault.TOO_SLOW, field, "took too long", "try again later") from error
    except UnicodeError as error:
        raise FetchError(Fault.BAD_ADDRESS, field, "names no possible host", remedy) from error
    except httpcore.ConnectError as error:
        if _is_about_trust(error):
            problem = "has a certificate that is not trusted"
            raise FetchError(Fault.UNTRUSTED, field, problem, "mend the certificate") from error
        problem = "leads to a host that does not answer"
        raise FetchError(Fault.UNREACHABLE, field, problem, "try again later") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        problem = "broke off before all of it had come"
        raise FetchError(Fault.BROKEN_OFF, field, problem, "try again later") from error
    except OSError as error:  # all that httpcore raises is none; a resolver's is
        raise _unnamed(error, field, remedy) from error


def _unnamed(error: OSError, field: str, remedy: str) -> FetchError:
    if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN:
        return FetchError(Fault.UNKNOWN_HOST, field, "names an unknown host", remedy)
    problem = "names a host that could not be looked up"
    return FetchError(Fault.NAME_SERVICE, field, problem, "try again later")


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
