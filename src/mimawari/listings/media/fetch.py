"""Fetches pictures from links of strangers without being turned against the own network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore
import httpx
import msgspec

from mimawari.listings.media.addresses import resolve
from mimawari.listings.media.connections import CheckedBackend, Deadline
from mimawari.listings.media.faults import Fault, FetchError
from mimawari.listings.media.outbound import (
    addresses_of,
    errors_as_faults,
    header,
    parsed,
    trusted,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from mimawari.listings.media.addresses import Network, Resolver

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
        self._trust = trust or trusted()

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
        deadline, at = Deadline(self._limits.seconds), parsed(url, field, _PUBLIC)
        for _ in range(self._limits.redirects + 1):
            with errors_as_faults(field, _PUBLIC):
                answer = self._ask(at, field, deadline)
            if isinstance(answer, bytes):
                return Fetched(str(at), answer)
            at = answer
        problem = f"leads on more than {self._limits.redirects} times"
        raise FetchError(Fault.REDIRECTS, field, problem, "give the link of the picture itself")

    def _ask(self, url: httpx.URL, field: str, deadline: Deadline) -> bytes | httpx.URL:
        """Give the body, or where to go on."""
        addresses = addresses_of(url, field, _PUBLIC, deadline, self._resolver, self._allowed)
        backend = CheckedBackend(addresses, deadline)
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

    def _body(self, response: httpcore.Response, field: str) -> bytes:
        most = self._limits.most_bytes
        claimed = header(response, b"content-length")
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


def _onward(url: httpx.URL, response: httpcore.Response, field: str) -> httpx.URL:
    target = header(response, b"location")
    if not target:
        problem = f"answered {response.status} without a place to go on to"
        raise FetchError(Fault.REFUSED, field, problem, "give the link of the picture itself")
    return parsed(target.decode("utf-8", "replace"), field, _PUBLIC, url)


def _check_answer(response: httpcore.Response, field: str) -> None:
    status = response.status
    if status in _BUSY or status >= 500:
        raise FetchError(Fault.BUSY, field, f"answered {status}", "try again later")
    if status != 200:
        problem = f"answered {status}"
        raise FetchError(Fault.REFUSED, field, problem, "give a link that anybody may open")
    # Nobody asked for compression: a small body could grow without limit.
    encoding = header(response, b"content-encoding").strip().lower()
    if encoding not in {b"", b"identity"}:
        problem = "came compressed although that was declined"
        raise FetchError(Fault.ENCODED, field, problem, "serve the picture as it is")
