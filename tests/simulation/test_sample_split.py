"""The sample, split for the tour of docs/experiments.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mimawari.detectors.topicfile import load
from mimawari.listings.readers import read_listings
from mimawari.simulation.sample.split import CAPACITY, TOPIC, split


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tour")
    split(path)
    return path


def labels(path: Path) -> dict[str, int | None]:
    rows = list(read_listings(path))
    assert all(row.listing is not None for row in rows)
    return {row.listing.id: row.labels.get(TOPIC) for row in rows if row.listing}


def sellers(path: Path) -> set[str]:
    return {row.listing.seller_id for row in read_listings(path) if row.listing}


def test_no_seller_is_both_in_labels_and_traffic(folder: Path) -> None:
    traffic = sellers(folder / "traffic.jsonl")
    for name in ("first", "more"):
        assert not traffic & sellers(folder / f"{name}.jsonl")


def test_the_traffic_has_no_labels_and_every_answer(folder: Path) -> None:
    traffic = labels(folder / "traffic.jsonl")
    answers = json.loads((folder / "answers.json").read_text("utf-8"))
    assert set(traffic) == set(answers)
    assert set(traffic.values()) == {None}
    assert 100 < list(answers.values()).count("violates") < len(answers) / 10


def test_one_in_four_labels_made_in_a_hurry_is_wrong(folder: Path) -> None:
    first, more = labels(folder / "first.jsonl"), labels(folder / "more.jsonl")
    assert set(first) < set(more)
    wrong = sum(first[one] != more[one] for one in first)
    assert 0.15 < wrong / len(first) < 0.35


def test_the_topic_is_the_starter_packs_with_another_capacity(folder: Path) -> None:
    topic = load(folder / "topic.toml")
    assert (topic.topic, topic.capacity) == (TOPIC, CAPACITY)


def test_the_same_in_every_run(folder: Path, tmp_path: Path) -> None:
    split(tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
