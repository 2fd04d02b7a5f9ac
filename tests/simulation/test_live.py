"""The simulated marketplace on a real server: every step through the public API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bench.server import Server
from tests.service.conftest import REVIEWS, SCOPES, new_key, new_server

from mimawari.client import Client
from mimawari.detectors.topicfile import parse
from mimawari.simulation.live import LiveMarketplace, topic_file
from mimawari.simulation.marketplace import synthetic_listings
from mimawari.simulation.moderators import Moderator

pytestmark = pytest.mark.xdist_group("live-server")
SEED, TOPICS, CAPACITY = 5, 2, 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("topics")
    files = []
    for number in range(TOPICS):
        path = folder / f"topic_{number:03d}.toml"
        path.write_text(topic_file(SEED, number, CAPACITY), "utf-8")
        files.append(str(path))
    with new_server(tmp_path_factory.mktemp("live")) as one:
        # A second judgement counts against tomorrow's capacity where today's is used up.
        one.environ["MIMAWARI_SECOND_SHARE"] = "0"
        for words in (
            *(("rules", "activate", f, "--reason", "tests") for f in files),
            ("accounts", "add", "anna", "--no-password"),
            ("accounts", "add", "ben", "--no-password"),
        ):
            said = one.command(*words)
            assert said.returncode == 0, said.stderr
        one.start()
        yield one


@pytest.fixture(scope="module")
def clients(server: Server) -> Iterator[tuple[Client, Client, Client]]:
    keys = [
        new_key(server, *SCOPES),
        new_key(server, *REVIEWS, "anna"),
        new_key(server, *REVIEWS, "ben"),
    ]
    shop, anna, ben = (Client(server.address, key) for key in keys)
    with shop, anna, ben:
        yield shop, anna, ben


def test_topic_files_are_valid_and_their_words_are_the_topics() -> None:
    for number in range(3):
        found = parse(topic_file(1, number, capacity=7), "simulated.toml")
        assert found.topic == f"topic_{number:03d}"
        assert found.capacity == 7
    assert topic_file(1, 0, 7) != topic_file(2, 0, 7)


def test_a_day_from_sellers_to_decisions(
    server: Server, clients: tuple[Client, Client, Client]
) -> None:
    """Capacity is kept, decisions follow truth and error rates, and a stop changes nothing."""
    shop, anna, ben = clients
    # Anna is never wrong; Ben always is, so that who decided what can be told.
    team = [(anna, Moderator(1.0, 1.0, seed=1)), (ben, Moderator(0.0, 0.0, seed=2))]
    source = synthetic_listings(500, SEED, TOPICS, violation_rate=0.1)
    market = LiveMarketplace(shop, team, source)
    assert market.send(400) == 400
    assert market.send(1_000) == 100
    assert len(market.truth) == 500
    server.drained()

    first = market.review(most=3)
    assert first.total == 3
    server.stop()
    server.start()
    rest = market.review()
    both = {t: first.reviews.get(t, 0) + rest.reviews.get(t, 0) for t in ("topic_000", "topic_001")}
    assert both == {"topic_000": CAPACITY, "topic_001": CAPACITY}
    assert market.review().total == 0

    # Turn and turn about: half of the decisions are Ben's, and all of those are wrong.
    mistakes = sum(first.mistakes.values()) + sum(rest.mistakes.values())
    assert mistakes == pytest.approx(CAPACITY, abs=1)
    caught = sum(first.violations.values()) + sum(rest.violations.values())
    # One in ten violates; rules know a third of the words, and all but a few items are theirs.
    assert caught >= CAPACITY

    decided = {"violates": 0, "does_not_violate": 0}
    wrong = 0
    for listing_id, violated in market.truth.items():
        told = shop.get(listing_id)
        assert told is not None
        for alert in told["versions"][0]["alerts"]:
            for decision in alert["decisions"]:
                decided[decision["verdict"]] += 1
                wrong += (decision["verdict"] == "violates") != (alert["topic"] in violated)
    assert sum(decided.values()) == 2 * CAPACITY
    assert wrong == mistakes
