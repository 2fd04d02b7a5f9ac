"""A chat endpoint on a real socket, whose answers a test scripts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Listings = list[dict[str, Any]]
Reply = Callable[["Handler", Listings], None]


def judged(listings: Listings) -> Listings:
    """Judge like a model that knows one word."""
    return [
        {
            "id": one["id"],
            "violates": 90 if "gun" in str(one).lower() else 5,
            "why": f"about {one.get('title', '')[:20]}",
        }
        for one in listings
    ]


def completion(text: str | None, usage: Any = (100, 10)) -> bytes:
    body: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "content": text}}]}
    if usage is not None:
        body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return json.dumps(body).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            body = json.loads(raw)
            self.server.bodies.append(body)
            self.server.headers.append(dict(self.headers))
            self.server.paths.append(self.path)
            reply = self.server.script.pop(0) if self.server.script else self.server.reply
        try:
            reply(self, json.loads(body["messages"][1]["content"])["listings"])
        except (BrokenPipeError, ConnectionResetError):  # the client gave up
            self.close_connection = True

    def answer(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the tests' output clean."""


class Model(ThreadingHTTPServer):
    """Answers with ``script``, one a request, and then with ``reply``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.script: list[Reply] = []
        self.reply: Reply = good
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def asked(self) -> list[int]:
        """Listings in each request."""
        return [len(self.listings(i)) for i in range(len(self.bodies))]

    def listings(self, request: int) -> Listings:
        found: Listings = json.loads(self.bodies[request]["messages"][1]["content"])["listings"]
        return found

    def __enter__(self) -> Model:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def good(request: Handler, listings: Listings) -> None:
    request.answer(completion(json.dumps({"answers": judged(listings)})))


def says(text: str | None, usage: Any = (100, 10)) -> Reply:
    """Answer with this text of the model."""
    return lambda request, _: request.answer(completion(text, usage))


def changes(change: Callable[[Listings], object]) -> Reply:
    """Answer with the good answers, changed."""

    def reply(request: Handler, listings: Listings) -> None:
        told = change(judged(listings))
        request.answer(completion(told if isinstance(told, str) else json.dumps(told)))

    return reply


def fails(status: int, text: str = "no", **headers: str) -> Reply:
    return lambda request, _: request.answer(text.encode(), status, **headers)


def drops(request: Handler, _: Listings) -> None:
    """End the connection in the middle of an answer."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"choices"')
    request.close_connection = True


def hangs(request: Handler, _: Listings) -> None:
    """Answer nothing for as long as the test runs."""
    request.server.released.wait()
    request.close_connection = True


def drips(request: Handler, _: Listings) -> None:
    """Send a byte now and then, each in time by itself, for as long as somebody listens."""
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    while not request.server.released.wait(0.01):
        request.wfile.write(b" ")
        request.wfile.flush()
