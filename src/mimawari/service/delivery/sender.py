"""One try to deliver one body: sent to a checked address, and what came back; no database."""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpcore
import msgspec
from django.conf import settings

from mimawari.errors import InvalidInputError
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
from mimawari.service.delivery import secret_box
from mimawari.service.delivery.signing import counting, headers_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    import httpx

    from mimawari.listings.media.addresses import Network, Resolver

SECONDS = 10.0
"""Longest that one try takes, from the look-up of the name to the answer's first bytes."""
CHECK_SECONDS = 2.0
"""Longest that the look-up of a new endpoint's name takes."""
MOST_ANSWER = 500
"""Bytes of an answer that are read and kept."""
FIELD = "url"
REMEDY = "give the https address of a public host; webhook_private_hosts names others"
GONE = 410
OF_THE_EVENT = frozenset({400, 409, 413, 415, 422})
_EVERYWHERE: tuple[Network, ...] = tuple(map(ipaddress.ip_network, ("0.0.0.0/0", "::/0")))
_SENT = (
    (b"Content-Type", b"application/json"),
    (b"Accept-Encoding", b"identity"),
    (b"User-Agent", b"mimawari"),
)


class Attempt(msgspec.Struct, frozen=True):
    """What a try brought.

    Parameters
    ----------
    status
        None where there was no answer; ``problem`` says why.
    retry_after
        Seconds that the other side asked to wait for.
    """

    seconds: float
    status: int | None = None
    problem: str = ""
    answer: str = ""
    retry_after: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def refuses_the_event(self) -> bool:
        """Whether the other side is well and takes this one event not."""
        return self.status in OF_THE_EVENT


class Sender:
    """Sends bodies; threads may share it.

    The host's name is resolved once, all its addresses are checked, and the connection goes to
    one of these. Redirects are refused, there are no proxies, and no environment variable is read.

    Parameters
    ----------
    private_hosts
        Names of hosts that are reached although they are not public, by http too.
    """

    def __init__(
        self,
        private_hosts: Sequence[str] | None = None,
        seconds: float = SECONDS,
        resolver: Resolver = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        known = settings.CONFIG.webhook_private_hosts if private_hosts is None else private_hosts
        self._private_hosts = frozenset(known)
        self._seconds = seconds
        self._resolver = resolver
        self._trust = trust or trusted()

    def check(self, text: str) -> None:
        """Refuse an address that may not be sent to; a name may be made known later.

        Raises
        ------
        FetchError
            It is none, leads to an address that is not public, or is not encrypted.
        """
        url, deadline = self._parsed(text), Deadline(CHECK_SECONDS)
        try:
            with errors_as_faults(FIELD, REMEDY):
                self._addresses(url, deadline)
        except FetchError as error:
            if error.fault != Fault.UNKNOWN_HOST and not error.passing:
                raise

    def send(self, url: str, event_id: str, body: bytes, sealed_secrets: bytes) -> Attempt:
        """Sign and send a body; whatever goes wrong is in what it gives."""
        began = time.monotonic()
        try:
            kept = secret_box.opened(sealed_secrets, url)
            headers = headers_of(event_id, body, counting(kept, datetime.now(UTC)))
            with errors_as_faults(FIELD, REMEDY):
                return self._post(self._parsed(url), headers, body, began)
        except (FetchError, InvalidInputError) as error:
            problem = error.problem if isinstance(error, FetchError) else error.problems[0]
            return Attempt(time.monotonic() - began, problem=str(problem))

    def _parsed(self, text: str) -> httpx.URL:
        url = parsed(text, FIELD, REMEDY)
        if url.scheme != "https" and url.host not in self._private_hosts:
            raise FetchError(Fault.BAD_ADDRESS, FIELD, "is not encrypted", REMEDY)
        return url

    def _addresses(self, url: httpx.URL, deadline: Deadline) -> tuple[str, ...]:
        private = _EVERYWHERE if url.host in self._private_hosts else ()
        return addresses_of(url, FIELD, REMEDY, deadline, self._resolver, private)

    def _post(
        self, url: httpx.URL, signed: list[tuple[bytes, bytes]], body: bytes, began: float
    ) -> Attempt:
        deadline = Deadline(self._seconds)
        backend = CheckedBackend(self._addresses(url, deadline), deadline)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        length = (b"Content-Length", str(len(body)).encode())
        headers = [(b"Host", url.netloc), length, *_SENT, *signed]
        with (
            httpcore.ConnectionPool(
                self._trust, max_connections=1, network_backend=backend
            ) as pool,
            pool.stream("POST", target, headers=headers, content=body) as response,
        ):
            return Attempt(
                time.monotonic() - began,
                response.status,
                "" if 200 <= response.status < 300 else _problem(response.status),
                _first_bytes(response),
                _retry_after(response),
            )


def _problem(status: int) -> str:
    if 300 <= status < 400:
        return f"{FIELD}: answered {status}: redirects are not followed; give the address itself"
    return f"{FIELD}: answered {status}; answer 2xx once the event is kept"


def _first_bytes(response: httpcore.Response) -> str:
    """Read what is kept of an answer; its status stands, whatever becomes of the rest."""
    kept = bytearray()
    try:
        for part in response.iter_stream():
            kept += part
            if len(kept) >= MOST_ANSWER:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    text = bytes(kept[:MOST_ANSWER]).decode("utf-8", "replace")
    return text.replace("\0", "")  # PostgreSQL keeps none


def _retry_after(response: httpcore.Response) -> float:
    text = header(response, b"retry-after")
    return float(text) if text.isdigit() and len(text) < 7 else 0.0
