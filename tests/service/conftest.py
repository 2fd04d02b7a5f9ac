"""A small generation and listings for the tests of the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mimawari.listings.listing import Listing
from mimawari.service.ops.commands import activate_topic_files

TOPIC = """
topic = "{topic}"
severity = "high"
capacity = {capacity}
[title]
en = "{topic}"
[policy]
en = "Nothing of the kind."
[[rules]]
id = "word"
when = {{ words = ["{word}"] }}
[rules.examples]
match = ["a {word}"]
no_match = ["a cup"]
"""


@pytest.fixture
def topic_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of topic files with one word rule."""

    def make(topic: str = "weapons", word: str = "pistol", capacity: int = 3) -> Path:
        path = tmp_path / f"{topic}.toml"
        path.write_text(TOPIC.format(topic=topic, word=word, capacity=capacity), "utf-8")
        return path

    return make


@pytest.fixture
def generation(db: None, topic_file: Callable[..., Path]) -> int:
    """Put two topics in force."""
    files = [topic_file(), topic_file("drugs", "weed", 2)]
    return activate_topic_files(files, "tests", "set-up")


def listing(number: int = 1, title: str = "a cup", version: int = 1) -> Listing:
    """Make a listing."""
    return Listing(id=f"L{number}", version=version, seller_id="s", title=title)
