"""A model of known error rates behind a real HTTP endpoint, in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any


class Judge(BaseHTTPRequestHandler):
    """Answers by the number that a title ends with, as it was drawn before; or never."""

    protocol_version = "HTTP/1.1"
    answers: dict[str, list[bool]]
    stalls = False
    ended = threading.Event()

    def do_POST(self) -> None:
        """Answer a request of a group of listings."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.stalls:
            self.ended.wait()
            return
        text = body["messages"][1]["content"]
        known = self.answers[body["model"]]
        answers = [
            {
                "id": one["id"],
                "clauses": {"policy": 100 * known[number_of(one["title"])]},
                "why": "",
            }
            for one in json.loads(text)["listings"]
        ]
        content = json.dumps({"answers": answers})
        usage = {"prompt_tokens": len(text) // 4 + 300, "completion_tokens": len(content) // 4}
        reply = json.dumps({"choices": [{"message": {"content": content}}], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the table."""


def number_of(title: str) -> int:
    """Give the number that a title ends with."""
    return int(title.rpartition(" ")[2])


def serve(port: Connection, answers: dict[str, list[bool]], stalls: bool) -> None:
    """Serve until the process is ended."""
    Judge.answers, Judge.stalls = answers, stalls
    server = ThreadingHTTPServer(("127.0.0.1", 0), Judge)
    server.daemon_threads = True
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def endpoint(answers: dict[str, Any], stalls: bool = False) -> Iterator[str]:
    """Run the model; gives its address."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=serve, args=(there, answers, stalls), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()
