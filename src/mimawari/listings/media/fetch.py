"""Fetches pictures from links of strangers without being turned against the own network."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import certifi
import httpcore
import httpx
import msgspec

from mimawari.listings.media.addresses import permitted, resolve, resolve_within
from mimawari.listings.media.connections import CheckedBackend, Deadline
from mimawari.listings.media.faults import Fault, FetchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.listings.media.addresses import Network, Resolver

_HOST = re.compile(rb"[0-9A-Za-z._:-]+")  # as encoded for look-up; colons are of IPv6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 425, 429})
_ASKED = ((b"Accept", b"image/*"), (b"Accept-Encoding", b"identity"), (b"User-Agent", b"mimawari"))
_PUBLIC = "give the http or https link of a picture on a public host"


class FetchLimits(msgspec.Struct, frozen=True):
    """What one picture may cost: bytes, seconds in all, and redirects."""

    most_bytes: int = 20_000_000
    seconds: float = 10.0
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came, and from which address after all redirects."""

    url: str
    data: bytes


class Fetcher:
    """Fetches one picture at a time; threads may share it.

    A host's name is resolved once, all its addresses are checked, and the connection goes to one
    of these. Redirects are checked alike. There are no cookies, no proxies, no compression, and
    no environment variable is read.

    Parameters
    ----------
    allow_private
        Networks that are reached although they are not public, such as an intranet's.
    resolver
        Gives the addresses of a host; the system's by default.
    trust
        Which certificates are trusted; those of the certifi package by default.

    Examples
    --------
    >>> Fetcher().fetch("http://127.0.0.1/1.jpg")
    Traceback (most recent call last):
    mimawari.listings.media.faults.FetchError: image: leads to an address that is not public; \
give the http or https link of a picture on a public host
    """

    def __init__(
        self,
        limits: FetchLimits | None = None,
        allow_private: Sequence[Network] = (),
        resolver: Resolver = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._allowed = tuple(allow_private)
        self._resolver = resolver
        self._trust = trust or _trusted()

    def fetch(self, url: str, field: str = "image") -> Fetched:
        """Fetch what a link leads to.

        Parameters
        ----------
        field
            What an error calls the link.

        Raises
        ------
        FetchError
            Nothing came; its ``passing`` tells whether a later try can help.
        """
        deadline, at = Deadline(self._limits.seconds), _parsed(url, field)
        for _ in range(self._limits.redirects + 1):
            with _errors_as_faults(field):
                answer = self._ask(at, field, deadline)
            if isinstance(answer, bytes):
                return Fetched(str(at), answer)
            at = answer
        problem = f"leads on more than {self._limits.redirects} times"
        raise FetchError(Fault.REDIRECTS, field, problem, "give the link of the picture itself")

    def _ask(self, url: httpx.URL, field: str, deadline: Deadline) -> bytes | httpx.URL:
        """Give the body, or where to go on."""
        backend = CheckedBackend(self._addresses(url, field, deadline), deadline)
        asked = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [(b"Host", url.netloc), *_ASKED]
        with (
            httpcore.ConnectionPool(
                self._trust, max_connections=1, network_backend=backend
            ) as pool,
            pool.stream("GET", asked, headers=headers) as response,
        ):
            if response.status in _REDIRECTS:
                return _onward(url, response, field)
            _check_answer(response, field)
            return self._body(response, field)

    def _addresses(self, url: httpx.URL, field: str, deadline: Deadline) -> tuple[str, ...]:
        addresses = resolve_within(deadline.left(), self._resolver, url.raw_host.decode("ascii"))
        if not addresses:
            raise FetchError(Fault.UNKNOWN_HOST, field, "names an unknown host", _PUBLIC)
        allowed = permitted(addresses, self._allowed)
        if not allowed:
            # The address stays unsaid: it would tell a stranger about the network inside.
            problem = "leads to an address that is not public"
            raise FetchError(Fault.PRIVATE_ADDRESS, field, problem, _PUBLIC)
        return allowed

    def _body(self, response: httpcore.Response, field: str) -> bytes:
        most = self._limits.most_bytes
        claimed = _header(response, b"content-length")
        too_large = claimed.isdigit() and int(claimed) > most
        body = bytearray()
        for part in () if too_large else response.iter_stream():
            body += part
            if too_large := len(body) > most:
                break
        if too_large:
            problem = f"is over {most:,} bytes long"
            raise FetchError(Fault.TOO_LARGE, field, problem, "send a smaller file")
        return bytes(body)


def _trusted() -> ssl.SSLContext:
    # Python's default context would read environment variables, one of which writes keys down.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    return context


def _parsed(text: str, field: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        problem = f"cannot be read as a link ({error})"
        raise FetchError(Fault.BAD_ADDRESS, field, problem, _PUBLIC) from error
    if not (url.scheme in {"http", "https"} and _HOST.fullmatch(url.raw_host)):
        raise FetchError(Fault.BAD_ADDRESS, field, "is no link of the web", _PUBLIC)
    if (url.port or 0) > 65_535:
        raise FetchError(Fault.BAD_ADDRESS, field, f"names port {url.port}", _PUBLIC)
    if url.userinfo:
        raise FetchError(Fault.BAD_ADDRESS, field, "holds a user name or password", _PUBLIC)
    return url


def _onward(url: httpx.URL, response: httpcore.Response, field: str) -> httpx.URL:
    target = _header(response, b"location")
    if not target:
        problem = f"answered {response.status} without a place to go on to"
        raise FetchError(Fault.REFUSED, field, problem, "give the link of the picture itself")
    return _parsed(target.decode("utf-8", "replace"), field, url)


def _check_answer(response: httpcore.Response, field: str) -> None:
    status = response.status
    if status in _BUSY or status >= 500:
        raise FetchError(Fault.BUSY, field, f"answered {status}", "try again later")
    if status != 200:
        problem = f"answered {status}"
        raise FetchError(Fault.REFUSED, field, problem, "give a link that anybody may open")
    # Nobody asked for compression: a small body could grow without limit.
    encoding = _header(response, b"content-encoding").strip().lower()
    if encoding not in {b"", b"identity"}:
        problem = "came compressed although that was declined"
        raise FetchError(Fault.ENCODED, field, problem, "serve the picture as it is")


def _header(response: httpcore.Response, name: bytes) -> bytes:
    return b", ".join(value for key, value in response.headers if key.lower() == name)


# The second is not known to every system.
_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@contextmanager
def _errors_as_faults(field: str) -> Iterator[None]:
    """Turn what the network's layers raise into faults."""
    try:
        yield
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise FetchError(Fault.TOO_SLOW, field, "took too long", "try again later") from error
    except UnicodeError as error:
        raise FetchError(Fault.BAD_ADDRESS, field, "names no possible host", _PUBLIC) from error
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
        raise _unnamed(error, field) from error


def _unnamed(error: OSError, field: str) -> FetchError:
    if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN:
        return FetchError(Fault.UNKNOWN_HOST, field, "names an unknown host", _PUBLIC)
    problem = "names a host that could not be looked up"
    return FetchError(Fault.NAME_SERVICE, field, problem, "try again later")


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
