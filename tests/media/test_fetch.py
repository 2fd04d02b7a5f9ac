from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence

import pytest
import trustme
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, onward, repeats, says, serving

from mimawari.listings.media.decode import decode
from mimawari.listings.media.faults import Fault, FetchError
from mimawari.listings.media.fetch import Fetched, Fetcher, FetchLimits

LOCAL = (ipaddress.ip_network("127.0.0.0/8"),)
PICTURE = encoded(scene(0, 60, 80))
SHORT = FetchLimits(most_bytes=50_000, seconds=0.4)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(FetchLimits(most_bytes=50_000, seconds=10), LOCAL)


def fault(fetcher: Fetcher, url: str) -> Fault:
    with pytest.raises(FetchError) as told:
        fetcher.fetch(url, "image_urls[2]")
    assert told.value.problem.field == "image_urls[2]"
    assert told.value.problem.remedy
    assert told.value.passing == told.value.fault.passing
    return told.value.fault


def test_a_picture_comes_as_it_was_sent(server: Server, fetcher: Fetcher) -> None:
    server.answers["/1.jpg?a=b"] = ok(PICTURE, "Content-Type: text/html", "Set-Cookie: a=b")
    url = f"{server.base}/1.jpg?a=b"
    assert fetcher.fetch(f"{url}#part") == Fetched(f"{url}#part", PICTURE)
    assert decode(fetcher.fetch(url).data).rgb.shape == (60, 80, 3)
    for request in server.requests:
        lines = request.decode().lower().split("\r\n")
        assert lines[0] == "get /1.jpg?a=b http/1.1"
        assert f"host: 127.0.0.1:{server.port}" in lines
        assert "accept-encoding: identity" in lines
        assert not [one for one in lines if one.startswith(("cookie", "authorization"))]


def test_chunks_are_put_together(server: Server, fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers["/"] = says(head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
    assert fetcher.fetch(server.base + "/").data == b"abcde"


def test_redirects_are_followed_three_times_and_not_more(server: Server, fetcher: Fetcher) -> None:
    statuses = (301, 303, 307, 308)
    for at, status in enumerate(statuses):
        server.answers[f"/{at}"] = onward(f"/{at + 1}", status)
    server.answers["/4"] = ok(PICTURE)
    assert fetcher.fetch(server.base + "/1").url == server.base + "/4"
    assert fault(fetcher, server.base + "/0") is Fault.REDIRECTS


def test_redirects_in_a_circle_end(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = onward(server.base + "/")
    assert fault(fetcher, server.base + "/") is Fault.REDIRECTS
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://10.0.0.1/", Fault.PRIVATE_ADDRESS),
        ("//169.254.169.254/latest/meta-data/", Fault.PRIVATE_ADDRESS),
        ("http://[::1]/", Fault.PRIVATE_ADDRESS),
        ("http://metadata.internal/", Fault.PRIVATE_ADDRESS),
        ("file:///etc/passwd", Fault.BAD_ADDRESS),
        ("gopher://127.0.0.1/", Fault.BAD_ADDRESS),
        ("http://user:secret@127.0.0.1/", Fault.BAD_ADDRESS),
        ("http://[", Fault.BAD_ADDRESS),
        ("", Fault.REFUSED),
    ],
)
def test_redirects_are_checked_like_links(server: Server, target: str, expected: Fault) -> None:
    def resolver(host: str) -> Sequence[str]:
        return [{"metadata.internal": "169.254.169.254"}.get(host, host)]

    server.answers["/"] = onward(target)
    assert fault(Fetcher(FetchLimits(), LOCAL, resolver), server.base + "/") is expected
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "[::1]", "[::ffff:7f00:1]"],
)
def test_however_this_machine_is_written_it_is_refused(host: str) -> None:
    assert fault(Fetcher(), f"http://{host}/") is Fault.PRIVATE_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "",
        "picture.jpg",
        "ftp://shop.example/1.jpg",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///1.jpg",
        "http://a\x00b/",
        "http://a b/",
        "http://shop.example:99999/",
        "http://" + "a" * 70_000,
        "http://" + "a" * 70 + ".example/",
        "https://user@shop.example/1.jpg",
        "https://:@127.0.0.1/1.jpg",
    ],
)
def test_what_is_no_open_link_of_the_web_is_refused(url: str, fetcher: Fetcher) -> None:
    assert fault(fetcher, url) is Fault.BAD_ADDRESS


@pytest.mark.parametrize("answers", [["8.8.8.8", "10.1.2.3"], ["127.0.0.1"], ["::ffff:8.8.8.8"]])
def test_a_name_with_any_private_address_is_refused_unasked(answers: list[str]) -> None:
    assert fault(Fetcher(resolver=lambda _: answers), "https://shop.example/1.jpg") is (
        Fault.PRIVATE_ADDRESS
    )


def test_refusals_do_not_tell_the_address_inside() -> None:
    with pytest.raises(FetchError) as told:
        Fetcher(resolver=lambda _: ["10.1.2.3"]).fetch("https://shop.example/1.jpg")
    assert "10.1.2.3" not in str(told.value)


def test_a_name_is_looked_up_once_and_connected_to_what_was_checked(server: Server) -> None:
    asked: list[str] = []

    def rebinding(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    server.answers["/"] = ok(PICTURE)
    fetcher = Fetcher(FetchLimits(), LOCAL, rebinding)
    assert fetcher.fetch(f"http://shop.example:{server.port}/").data == PICTURE
    assert asked == ["shop.example"]
    assert f"Host: shop.example:{server.port}\r\n".encode() in server.requests[0]


def test_version_6_addresses_keep_their_brackets(server: Server) -> None:
    server.answers["/"] = ok(PICTURE)
    fetcher = Fetcher(FetchLimits(), LOCAL, lambda _: ["127.0.0.1"])
    assert fetcher.fetch(f"http://[2a00::1]:{server.port}/").data == PICTURE
    assert f"Host: [2a00::1]:{server.port}\r\n".encode() in server.requests[0]


def test_names_in_other_scripts_are_looked_up_encoded() -> None:
    asked: list[str] = []

    def resolver(host: str) -> Sequence[str]:
        asked.append(host)
        return []

    assert fault(Fetcher(resolver=resolver), "https://例え.jp/1.jpg") is Fault.UNKNOWN_HOST
    assert asked == ["xn--r8jz45g.jp"]


def test_the_next_address_is_tried_where_one_does_not_answer(server: Server) -> None:
    server.answers["/"] = ok(PICTURE)
    fetcher = Fetcher(FetchLimits(), LOCAL, lambda _: ["127.0.0.2", "127.0.0.1"])
    assert fetcher.fetch(f"http://shop.example:{server.port}/").data == PICTURE


def test_a_silent_name_server_is_left() -> None:
    gone = threading.Event()

    def silent(_: str) -> Sequence[str]:
        gone.wait()
        return []

    assert fault(Fetcher(SHORT, resolver=silent), "http://shop.example/") is Fault.TOO_SLOW
    gone.set()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Fault.UNKNOWN_HOST),
        (socket.gaierror(socket.EAI_AGAIN, "later"), Fault.NAME_SERVICE),
        (OSError("no network"), Fault.NAME_SERVICE),
        (UnicodeError("label too long"), Fault.BAD_ADDRESS),
    ],
)
def test_each_fault_of_a_look_up_is_told(error: Exception, expected: Fault) -> None:
    def failing(_: str) -> Sequence[str]:
        raise error

    assert fault(Fetcher(resolver=failing), "http://shop.example/") is expected


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ok(b"x" * 50_001), Fault.TOO_LARGE),
        (repeats(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000), Fault.TOO_LARGE),
        (repeats(ENDLESS, b"3e8\r\n" + b"x" * 1000 + b"\r\n"), Fault.TOO_LARGE),
        (repeats(b"HTTP/1.1 200 OK\r\n", b"A: " + b"x" * 1000 + b"\r\n"), Fault.BROKEN_OFF),
        (says(HEAD, b"x" * 10), Fault.BROKEN_OFF),
        (says(HEAD[:20]), Fault.BROKEN_OFF),
        (says(b""), Fault.BROKEN_OFF),
        (says(b"SSH-2.0-server\r\n\r\n"), Fault.BROKEN_OFF),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), Fault.BROKEN_OFF),
        (says(HEAD.replace(b"1000", b"9" * 5000)), Fault.BROKEN_OFF),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), Fault.BROKEN_OFF),
        (ok(b"\x1f\x8b", "Content-Encoding: gzip"), Fault.ENCODED),
        (ok(b"x", "Content-Encoding: identity, br"), Fault.ENCODED),
        (says(b"HTTP/1.1 204 No Content\r\n\r\n"), Fault.REFUSED),
        (says(b"HTTP/1.1 404 Not Found\r\n\r\n"), Fault.REFUSED),
        (says(b"HTTP/1.1 401 Unauthorized\r\n\r\n"), Fault.REFUSED),
        (says(b"HTTP/1.1 302 Found\r\n\r\n"), Fault.REFUSED),
        (says(b"HTTP/1.1 429 Too Many Requests\r\n\r\n"), Fault.BUSY),
        (says(b"HTTP/1.1 503 Unavailable\r\n\r\n"), Fault.BUSY),
    ],
    ids=lambda one: one.value if isinstance(one, Fault) else "",
)  # fmt: skip
def test_each_fault_is_told(
    server: Server, fetcher: Fetcher, answer: object, expected: Fault
) -> None:
    server.answers["/"] = answer  # type: ignore[assignment]
    assert fault(fetcher, server.base + "/") is expected


def test_a_length_too_short_gives_only_what_was_claimed(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"abcdef")
    assert fetcher.fetch(server.base + "/").data == b"abc"


def test_a_length_too_long_is_refused_before_the_body(server: Server, fetcher: Fetcher) -> None:
    server.answers["/"] = says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
    assert fault(fetcher, server.base + "/") is Fault.TOO_LARGE


@pytest.mark.parametrize("said", [b"", HEAD[:20], HEAD, HEAD + b"x"], ids=len)
def test_a_server_that_stalls_is_left(server: Server, said: bytes) -> None:
    left = threading.Event()

    def stall(peer: object, _: bytes) -> None:
        says(said)(peer, b"")  # type: ignore[arg-type]
        left.wait(10)

    server.answers["/"] = stall
    assert fault(Fetcher(SHORT, LOCAL), server.base + "/") is Fault.TOO_SLOW
    left.set()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nA: ", HEAD], ids=["header", "body"])
def test_a_server_that_drips_is_left_although_each_read_is_quick(
    server: Server, head: bytes
) -> None:
    left = threading.Event()

    def drip(peer: object, _: bytes) -> None:
        says(head)(peer, b"")  # type: ignore[arg-type]
        for _ in range(100):
            if left.wait(0.02):
                return
            says(b"x")(peer, b"")  # type: ignore[arg-type]

    server.answers["/"] = drip
    assert fault(Fetcher(SHORT, LOCAL), server.base + "/") is Fault.TOO_SLOW
    left.set()


def test_endless_preludes_are_left(server: Server) -> None:
    server.answers["/"] = repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    assert fault(Fetcher(SHORT, LOCAL), server.base + "/") is Fault.TOO_SLOW


def test_nobody_listening_may_pass(server: Server, fetcher: Fetcher) -> None:
    with serving() as gone:
        pass
    assert fault(fetcher, gone.base + "/") is Fault.UNREACHABLE


def test_the_environment_is_not_asked(
    server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers["/"] = ok(PICTURE)
    assert fetcher.fetch(server.base + "/").data == PICTURE


def test_certificates_are_checked_against_the_name() -> None:
    authority = trustme.CA()
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(secured)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trust)
    local = lambda _: ["127.0.0.1"]  # noqa: E731
    with serving(secured) as server:
        server.answers["/"] = ok(PICTURE)
        trusting = Fetcher(FetchLimits(), LOCAL, local, trust)
        assert trusting.fetch(f"https://shop.example:{server.port}/").data == PICTURE
        assert fault(trusting, f"https://other.example:{server.port}/") is Fault.UNTRUSTED
        strict = Fetcher(FetchLimits(), LOCAL, local)
        assert fault(strict, f"https://shop.example:{server.port}/") is Fault.UNTRUSTED


def test_threads_may_share_a_fetcher(server: Server, fetcher: Fetcher) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for at in range(16):
        server.answers[f"/{at}"] = ok(f"picture {at}".encode())
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda at: fetcher.fetch(f"{server.base}/{at}").data, range(16))
        assert list(found) == [f"picture {at}".encode() for at in range(16)]
