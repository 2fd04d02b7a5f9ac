"""What is sent reaches public hosts only, and no answer costs much."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

import pytest
from tests.media.servers import Server, onward, repeats, says, serving
from tests.service.delivery.conftest import LOCAL

from mimawari.listings.media.faults import Fault, FetchError
from mimawari.service.delivery import secret_box
from mimawari.service.delivery.secret_box import Secret
from mimawari.service.delivery.sender import MOST_ANSWER, Attempt, Sender
from mimawari.service.delivery.signing import new_secret

KEPT = (Secret(new_secret()),)


def send(url: str, sender: Sender) -> Attempt:
    return sender.send(url, "evt_1", b"{}", secret_box.seal(KEPT, url))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://10.0.0.7/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.7]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://0x7f.1/x",
        "https://localhost/x",
    ],
)
def test_private_addresses_are_refused(url: str) -> None:
    with pytest.raises(FetchError, match="not public") as refused:
        Sender(()).check(url)
    assert refused.value.fault == Fault.PRIVATE_ADDRESS
    attempt = send(url, Sender(()))
    assert not attempt.delivered
    assert "not public" in attempt.problem
    assert "webhook_private_hosts" in attempt.problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://shop.example/x", "is not encrypted"),
        ("ftp://shop.example/x", "is no link of the web"),
        ("https://user:word@shop.example/x", "user name or password"),
        ("https://shop.example:99999/x", "port"),
        ("shop", "is no link of the web"),
    ],
)
def test_other_addresses_that_are_refused(url: str, problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        Sender(()).check(url)


def test_a_name_that_leads_inside_the_second_time(server: Server) -> None:
    """DNS rebinding: the connection goes to an address that was checked, or nowhere."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    looked_up: list[str] = []

    def resolver(host: str) -> Sequence[str]:
        looked_up.append(host)
        return answers[min(len(looked_up), 2) - 1]

    sender = Sender((), resolver=resolver)
    sender.check("https://rebinding.example/x")
    attempt = send("https://rebinding.example/x", sender)
    assert "not public" in attempt.problem
    assert looked_up == ["rebinding.example"] * 2
    assert server.requests == []


def test_one_private_answer_among_public_ones_is_refused() -> None:
    sender = Sender((), resolver=lambda _: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(FetchError, match="not public"):
        sender.check("https://shop.example/x")


def test_the_name_is_looked_up_once_for_check_and_connection(server: Server) -> None:
    looked_up: list[str] = []

    def resolver(host: str) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    server.answers["/x"] = says(b"HTTP/1.1 204 No Content\r\n\r\n")
    url = f"http://inside.example:{server.port}/x"
    assert send(url, Sender(("inside.example",), resolver=resolver)).delivered
    assert looked_up == ["inside.example"]
    assert f"Host: inside.example:{server.port}".encode() in server.requests[0]


def test_redirects_are_not_followed(server: Server) -> None:
    server.answers["/x"] = onward("http://169.254.169.254/")
    attempt = send(f"{server.base}/x", Sender(LOCAL))
    assert (attempt.status, attempt.delivered) == (302, False)
    assert "redirects are not followed" in attempt.problem
    assert len(server.requests) == 1


def test_of_a_huge_answer_little_is_read(server: Server) -> None:
    server.answers["/x"] = repeats(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)
    attempt = send(f"{server.base}/x", Sender(LOCAL))
    assert attempt.delivered
    assert attempt.answer == "x" * MOST_ANSWER


def test_a_huge_header_is_refused(server: Server) -> None:
    server.answers["/x"] = repeats(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 65_000)
    attempt = send(f"{server.base}/x", Sender(LOCAL))
    assert not attempt.delivered
    assert "broke off" in attempt.problem


def test_an_answer_that_never_comes(server: Server) -> None:
    def waits(peer: socket.socket, _: bytes) -> None:
        while peer.recv(1):  # until the other side hangs up
            pass

    server.answers["/x"] = waits
    attempt = send(f"{server.base}/x", Sender(LOCAL, seconds=0.2))
    assert "took too long" in attempt.problem
    assert attempt.seconds < 5


def test_a_status_stands_whatever_becomes_of_the_rest(server: Server) -> None:
    server.answers["/x"] = says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc\0\xff")
    attempt = send(f"{server.base}/x", Sender(LOCAL))
    assert attempt.delivered
    assert attempt.answer == "abc\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200"])
def test_what_is_no_answer(server: Server, answer: bytes) -> None:
    server.answers["/x"] = says(answer)
    attempt = send(f"{server.base}/x", Sender(LOCAL))
    assert attempt.status is None
    assert attempt.problem


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    attempt = send(f"http://127.0.0.1:{port}/x", Sender(LOCAL))
    assert "does not answer" in attempt.problem


@pytest.mark.parametrize(("given", "seconds"), [("7", 7.0), ("soon", 0.0), ("9" * 30, 0.0)])
def test_how_long_the_other_side_asks_to_wait(server: Server, given: str, seconds: float) -> None:
    head = f"HTTP/1.1 429 Slow\r\nRetry-After: {given}\r\nContent-Length: 0\r\n\r\n"
    server.answers["/x"] = says(head.encode())
    assert send(f"{server.base}/x", Sender(LOCAL)).retry_after == seconds


def test_secrets_of_another_address_do_not_open() -> None:
    sealed = secret_box.seal(KEPT, "https://a.example/")
    attempt = Sender(LOCAL).send("https://b.example/", "evt_1", b"{}", sealed)
    assert "does not open" in attempt.problem
    assert KEPT[0].text.encode() not in sealed
