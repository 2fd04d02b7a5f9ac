"""The demo's marketplace: an address that events are sent to, verified and shown."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from mimawari.records.outgoing import AlertRaised, OutgoingEvent, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
SECONDS = 30.0


class Marketplace:
    """What arrived, once each.

    Parameters
    ----------
    show
        Called with a line for each decision.
    """

    def __init__(self, show: Callable[[str], object]) -> None:
        self.secret, self.events = "", dict[str, OutgoingEvent]()
        self._show, self._first, self._lock = show, threading.Event(), threading.Lock()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Verify and keep an event; gives the status to answer."""
        try:
            Webhook(self.secret).verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            return 401
        event: OutgoingEvent = msgspec.json.decode(body, type=OutgoingEvent)
        with self._lock:
            new = event.id not in self.events
            self.events[event.id] = event
        self._first.set()
        if new and not isinstance(event, AlertRaised):
            self._show(f"webhook received, signature verified: {described(event)}")
        return 204

    def summary(self) -> str:
        """Say what arrived, once something has."""
        if not self._first.wait(SECONDS):
            return "No webhook was received yet."
        with self._lock:
            count, newest = len(self.events), next(reversed(self.events.values()))
        return f"Webhooks received, signatures verified: {count:,}. The newest: {described(newest)}"


def described(event: OutgoingEvent) -> str:
    """Say what an event tells.

    Examples
    --------
    >>> from datetime import datetime
    >>> from mimawari.records.outgoing import Alert
    >>> described(AlertRaised("evt_1", datetime(2026, 11, 2), Alert(7, "1001", 1, "weapons")))
    'alert.opened, listing 1001, weapons'
    """
    verdict, listing = getattr(event.data, "verdict", ""), getattr(event.data, "listing_id", "")
    about = f"listing {listing}" if listing else ""
    words = (type_of(type(event)), about, event.data.topic, verdict)
    return ", ".join(word for word in words if word)


@contextmanager
def receiving(marketplace: Marketplace) -> Iterator[str]:
    """Listen for the time of the block; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take what is sent."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(marketplace.take(body, dict(self.headers)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the events are shown."""

    with ThreadingHTTPServer((HOST, 0), Handler) as listening:
        listening.daemon_threads = True
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        try:
            yield f"http://{HOST}:{listening.server_port}/"
        finally:
            listening.shutdown()
