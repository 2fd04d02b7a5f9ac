"""Reviewing through the API of a real server: blind items, leases, verdicts, refusals."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
from bench.server import Server
from tests.service.conftest import REVIEWS, SCOPES, listing, new_key, new_server

from mimawari.client import Client
from mimawari.errors import InvalidInputError

pytestmark = pytest.mark.xdist_group("reviews-server")
NEXT = "/api/v1/reviews:next"
TITLES = [f"Glock pistol number {i}" for i in range(12)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server with a dozen alerts on weapons, and the accounts anna and ben."""
    with new_server(tmp_path_factory.mktemp("reviews")) as one:
        for words in (
            ("topics", "install-starter", "--only", "weapons", "--only", "tickets"),
            ("accounts", "add", "anna", "--no-password"),
            ("accounts", "add", "ben", "--no-password"),
        ):
            said = one.command(*words)
            assert said.returncode == 0, said.stderr
        one.start()
        with Client(one.address, new_key(one, *SCOPES)) as shop:
            told = shop.submit_many(listing(i, title) for i, title in enumerate(TITLES))
            assert {answer.status for answer in told} == {"accepted"}
        one.drained()
        yield one


@pytest.fixture(scope="module")
def anna(server: Server) -> Iterator[Client]:
    with Client(server.address, new_key(server, *REVIEWS, "anna"), repeats=0) as one:
        yield one


@pytest.fixture(scope="module")
def ben(server: Server) -> Iterator[Client]:
    with Client(server.address, new_key(server, *REVIEWS, "ben"), repeats=0) as one:
        yield one


def test_the_item_is_blind_and_whole(anna: Client) -> None:
    item = anna.next_review("weapons")
    assert item is not None
    assert set(item) == {
        "alert", "topic", "title", "policy", "policy_version", "sensitive",
        "listing", "rules", "marks", "leased_until", "clauses", "clause_optional",
        "relisting_of",
    }  # fmt: skip
    assert item["topic"] == "weapons"
    assert set(item["policy"]) == set(item["title"]) == {"en", "ja"}
    text = item["listing"]["title"] + "\n" + item["listing"].get("description", "")
    assert text.strip() in TITLES
    marked = {text[one["start"] : one["end"]].lower() for one in item["marks"]}
    assert "glock" in marked
    assert {one["rule"] for one in item["marks"]} <= {one["rule"] for one in item["rules"]}


def test_until_it_is_decided_the_item_stays_with_its_moderator(anna: Client, ben: Client) -> None:
    first = anna.next_review()
    again = anna.next_review()
    other = ben.next_review()
    assert first is not None
    assert again is not None
    assert other is not None
    assert first["alert"] == again["alert"] != other["alert"]
    with pytest.raises(InvalidInputError, match="held by another moderator"):
        ben.review(first["alert"], "violates")
    said = anna.review(first["alert"], "violates", 4.5)
    assert said == {"alert": first["alert"], "verdict": "violates", "status": "saved"}
    assert anna.review(first["alert"], "violates")["status"] == "already_saved"
    with pytest.raises(InvalidInputError, match="is closed"):
        anna.review(first["alert"], "does_not_violate")


def test_two_moderators_review_every_item_once(anna: Client, ben: Client) -> None:
    decided: list[int] = []

    def review(who: Client) -> None:
        while (item := who.next_review()) is not None:
            who.review(item["alert"], "cannot_tell", 1.0)
            decided.append(item["alert"])

    threads = [threading.Thread(target=review, args=(who,)) for who in (anna, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decided) == len(set(decided)) == len(TITLES) - 1
    assert anna.next_review("weapons") is None
    assert anna.next_review("tickets") is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"{", "body"),
        (b"\xff", "body"),
        (b'{"topic": 3}', "topic"),
        (b'{"topic": "nonsense"}', "topic"),
        (b'{"topic": "weap\\u0000ons"}', "topic"),
        (b'{"topics": "weapons"}', "topics"),
    ],
)
def test_a_wrong_wish(server: Server, anna: Client, body: bytes, field: str) -> None:
    answer = ask(anna, NEXT, body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/api/v1/reviews/1", b"{}", 422, "verdict"),
        ("/api/v1/reviews/1", b'{"verdict": "undone"}', 422, "verdict"),
        ("/api/v1/reviews/1", b'{"verdict": "violates", "seconds": -1}', 422, "seconds"),
        ("/api/v1/reviews/1", b'{"verdict": "violates", "seconds": 1e9}', 422, "seconds"),
        ("/api/v1/reviews/1", b'{"verdict": "violates", "score": 1}', 422, "score"),
        ("/api/v1/reviews/999999", b'{"verdict": "violates"}', 404, "alert"),
        (f"/api/v1/reviews/{2**70}", b'{"verdict": "violates"}', 404, "alert"),
        ("/api/v1/reviews/x", b'{"verdict": "violates"}', 404, "request"),
    ],
)
def test_a_wrong_verdict(anna: Client, path: str, body: bytes, status: int, field: str) -> None:
    answer = ask(anna, path, body)
    assert answer.status_code == status
    assert [one["field"] for one in answer.json()["problems"]] == [field]


def test_without_the_scope(server: Server) -> None:
    with server.client(new_key(server, *SCOPES)) as shop:
        assert shop.post(NEXT).status_code == 403
        assert shop.post("/api/v1/reviews/1", json={"verdict": "violates"}).status_code == 403
    assert httpx.post(server.address + NEXT).status_code == 401


def ask(client: Client, path: str, body: bytes) -> httpx.Response:
    """Send a body as it is, with the client's key."""
    return client._http.post(path, content=body)


def test_a_disabled_account_decides_nothing_from_that_moment(server: Server) -> None:
    assert server.command("accounts", "add", "mallory", "--no-password").returncode == 0
    theirs = new_key(server, *REVIEWS, "mallory")
    with server.client(theirs) as client:
        assert client.post("/api/v1/reviews:next").status_code in {200, 204}
        said = server.command("accounts", "disable", "mallory", "--reason", "left")
        assert said.returncode == 0, said.stderr
        assert client.post("/api/v1/reviews:next").status_code == 401
