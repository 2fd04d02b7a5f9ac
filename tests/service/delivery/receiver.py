"""A marketplace's end: an HTTP server of this process that keeps what arrives."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Arrived(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def what(self) -> tuple[str, str]:
        """Its type, and the listing that it is about."""
        return self.event["type"], self.event["data"]["listing_id"]


Answer = Callable[[Arrived], tuple[int, dict[str, str], bytes]]


def always(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: (status, named, body)


class Receiver:
    """Answers as ``answer`` says, and keeps every request in the order in which they came."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.answer: Answer = always(204)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                arrived = Arrived(self.path, headers, body)
                with receiver._lock:
                    receiver.arrived.append(arrived)
                status, answered, content = receiver.answer(arrived)
                self.send_response(status)
                for name, value in answered.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # the other side hung up

        self.server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/events"

    def whats(self) -> list[tuple[str, str]]:
        return [arrived.what for arrived in self.arrived]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()
