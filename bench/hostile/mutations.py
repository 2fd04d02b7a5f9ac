"""Requests as no client means them: good ones with something wrong in one place, seeded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PURGE")
VALUES: tuple[object, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -0.0, 0.1),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "a" * 70_000,
        "9" * 5_000,
        "🔫" * 300,
        "\u202eABC",
    ),
    *("' OR 1=1 --", "<script>alert(1)</script>", "../../etc/passwd", "%00", "${7*7}", "{{7*7}}"),
    *(
        "2026-02-30T25:61:00Z",
        "9999-12-31T23:59:59+14:00",
        "0000-00-00",
        "nan",
        "Infinity",
        "1e999",
    ),
    *("http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd", "-", "\n\r\n", "٣", "weapons"),
    *([], {}, [None] * 1_000, {"": {}}, [[]], {"id": {"id": {"id": []}}}),
)
RAW = (
    *(b"", b"\x00", b"\xff\xfe", b"{", b"[" * 5_000, b'{"a":' * 3_000, b"NaN", b'"\\ud800"'),
    *(
        b"null",
        b"{}{}",
        b"\n" * 5_000,
        b"a=1&" * 2_000,
        b"--x\r\nContent-Disposition: form-data\r\n",
    ),
)
HEADERS = (
    *(("Content-Type", value) for value in ("text/xml", "application/json; charset=utf-7", "")),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=\x80"),
    *(("Accept-Language", value) for value in ("ja;q=1e9", "x" * 3_000, "*,ja-JP;q=abc")),
    *(("Cookie", value) for value in ("sessionid=" + "\x7f" * 50, "a" * 4_000, "csrftoken=x")),
    *(("Authorization", value) for value in ("Bearer", "Bearer \xff", "Basic Og==", "x" * 3_000)),
    *(("Host", value) for value in ("", "evil.example", "127.0.0.1:99999", "[::1", "a" * 300)),
    *(("Range", "bytes=0-99999999999999"), ("If-Modified-Since", "yesterday")),
    *(("X-Forwarded-For", "1" * 2_000), ("Transfer-Encoding", "gzip"), ("Expect", "100-continue")),
)
FIELDS = (
    *("id", "topic", "alert", "verdict", "besides", "proof", "seconds", "clause", "note", "next"),
    *("username", "password", "language", "page", "after", "before", "limit", "number", "q", "day"),
    *("version", "seller", "cursor", "wait", "title", "state", "reason", "precision", "capacity"),
)


@dataclass(frozen=True)
class Sent:
    """One request.

    Parameters
    ----------
    of
        The route or page that it is made from.
    """

    of: str
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self, credentials: dict[str, str]) -> bytes:
        """Give it as bytes; a length that is wrong is the business of slow clients."""
        query = urlencode(self.query, errors="surrogatepass") if self.query else ""
        target = self.path + ("?" + query if query else "")
        headers = {"Host": "127.0.0.1", **credentials, **self.headers}
        headers["Content-Length"] = str(len(self.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{self.method} {target} HTTP/1.1\r\n{lines}\r\n"
        return head.encode("latin-1", "replace") + self.body


def mutated(good: Sent, draw: random.Random) -> Sent:
    """Change one to three things of a request."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        good = draw.choice(MUTATIONS)(good, draw)
    return good


def _method(sent: Sent, draw: random.Random) -> Sent:
    return replace(sent, method=draw.choice(METHODS))


def _path(sent: Sent, draw: random.Random) -> Sent:
    parts = sent.path.split("/")
    at = draw.randrange(1, len(parts)) if len(parts) > 1 else 0
    value = draw.choice(VALUES)
    text = value if isinstance(value, str) else json.dumps(value)
    parts[at] = quote(text[:8_000], safe="", errors="surrogatepass")
    return replace(sent, path="/".join(parts))


def _query(sent: Sent, draw: random.Random) -> Sent:
    names = [*sent.query, draw.choice(FIELDS)]
    return replace(sent, query={**sent.query, draw.choice(names): _text(draw.choice(VALUES))})


def _header(sent: Sent, draw: random.Random) -> Sent:
    name, value = draw.choice(HEADERS)
    return replace(sent, headers={**sent.headers, name: value})


def _raw(sent: Sent, draw: random.Random) -> Sent:
    return replace(sent, body=draw.choice(RAW))


def _bytes(sent: Sent, draw: random.Random) -> Sent:
    body = bytearray(sent.body or b"{}")
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(body) + 1)
        if draw.random() < 0.5 and at < len(body):
            body[at] = draw.randrange(256)
        else:
            body[at:at] = bytes([draw.randrange(256)])
    return replace(sent, body=bytes(body))


def _values(sent: Sent, draw: random.Random) -> Sent:
    """Put something else in one place of a JSON body, of one of its lines, or of a form."""
    lines = sent.body.split(b"\n") if sent.body else []
    at = draw.randrange(len(lines)) if lines else 0
    try:
        value = json.loads(lines[at])
    except (ValueError, IndexError, RecursionError):
        names = draw.sample(FIELDS, draw.randint(1, 4))
        form = {name: _text(draw.choice(VALUES)) for name in names}
        return replace(sent, body=urlencode(form, errors="surrogatepass").encode())
    lines[at] = json.dumps(_changed(value, draw)).encode()
    return replace(sent, body=b"\n".join(lines))


def _changed(value: object, draw: random.Random) -> object:
    """Change a value, or one somewhere inside it."""
    if isinstance(value, dict) and value and draw.random() < 0.85:
        key = draw.choice(list(value))
        if draw.random() < 0.1:
            return {name: inner for name, inner in value.items() if name != key}
        if draw.random() < 0.1:
            return {**value, draw.choice(FIELDS): draw.choice(VALUES)}
        return {**value, key: _changed(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        at = draw.randrange(len(value))
        return [*value[:at], _changed(value[at], draw), *value[at + 1 :]]
    return draw.choice(VALUES)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


MUTATIONS: tuple[Callable[[Sent, random.Random], Sent], ...] = (
    *(_method, _path, _query, _header, _raw, _bytes, _values, _values, _values),
)
