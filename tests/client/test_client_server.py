"""The client against a real server process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bench.server import Server
from tests.service.conftest import new_key, new_server

from mimawari.client import Client, ServerError
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing

pytestmark = pytest.mark.xdist_group("client-server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with new_server(tmp_path_factory.mktemp("client")) as one:
        said = one.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        one.start()
        yield one


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.address, new_key(server), repeats=1) as one:
        yield one


def cup(number: str, version: int = 1, title: str = "a cup") -> Listing:
    return Listing(id=number, version=version, seller_id="s", title=title)


def test_one_listing_and_its_history(client: Client) -> None:
    assert client.submit(cup("a/b ü?#%", 2)) == "accepted"
    assert client.submit(cup("a/b ü?#%", 2)) == "duplicate"
    assert client.submit(cup("a/b ü?#%", 1)) == "stale"
    assert "a/b ü?#%" in str(client.get("a/b ü?#%"))
    assert client.get("nobody") is None


def test_many_with_a_bad_one_in_the_middle(client: Client) -> None:
    bad = cup("m2", title="")
    said = list(client.submit_many([cup("m1"), bad, cup("m3")]))
    assert [one.status for one in said] == ["accepted", "rejected", "accepted"]
    assert [(p["field"], p["problem"]) for p in said[1].problems] == [("title", "is empty")]
    assert [one.line for one in said] == [1, 2, 3]


def test_check(client: Client) -> None:
    told = client.check(cup("c", title="Glock 19 pistol, 9mm handgun with ammo"))
    assert told["topics"][0]["topic"] == "weapons"
    assert told["topics"][0]["rules"]
    assert told["generation"] is not None


def test_refusals_carry_the_servers_words(client: Client, server: Server) -> None:
    with pytest.raises(InvalidInputError, match="title: is empty; give 1 to 500"):
        client.submit(cup("r", title=" "))
    with Client(server.address, "wrong") as stranger, pytest.raises(InvalidInputError) as told:
        stranger.submit(cup("r"))
    assert told.value.problems[0].remedy


def test_nobody_there() -> None:
    with (
        Client("http://127.0.0.1:9", "k", repeats=0) as client,
        pytest.raises(ServerError, match="POST /api/v1/listings: "),
    ):
        client.submit(cup("n"))
