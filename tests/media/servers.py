"""A server on this machine whose answers are bytes that a test gives, sound or not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = Callable[[socket.socket, bytes], None]


def says(*parts: bytes) -> Answer:
    """Answer with bytes, then hang up."""

    def answer(peer: socket.socket, _: bytes) -> None:
        for part in parts:
            peer.sendall(part)

    return answer


def ok(body: bytes, *headers: str) -> Answer:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode(), body)


def onward(target: str, status: int = 302) -> Answer:
    return says(f"HTTP/1.1 {status} Found\r\nLocation: {target}\r\n\r\n".encode())


def repeats(head: bytes, part: bytes) -> Answer:
    """Answer without an end: until the other side hangs up."""

    def answer(peer: socket.socket, _: bytes) -> None:
        peer.sendall(head)
        while True:
            peer.sendall(part)

    return answer


class Server:
    """Answers by path; keeps every request."""

    def __init__(self, listening: socket.socket, secured: ssl.SSLContext | None) -> None:
        self.port: int = listening.getsockname()[1]
        self.base = f"{'https' if secured else 'http'}://127.0.0.1:{self.port}"
        self.answers: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self.closing = threading.Event()
        self._listening, self._secured = listening, secured

    def serve(self) -> None:
        while not self.closing.is_set():
            peer, _ = self._listening.accept()
            threading.Thread(target=self._answer, args=(peer,)).start()

    def _answer(self, peer: socket.socket) -> None:
        with suppress(OSError), peer:
            peer.settimeout(10)
            if self.closing.is_set():
                return
            if self._secured:
                peer = self._secured.wrap_socket(peer, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request and (more := peer.recv(65536)):
                request += more
            self.requests.append(request)
            path = request.split(b" ")[1].decode()
            self.answers[path](peer, request)
            peer.close()


@contextmanager
def serving(secured: ssl.SSLContext | None = None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(listening, secured)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            socket.create_connection(("127.0.0.1", server.port)).close()
            thread.join()
