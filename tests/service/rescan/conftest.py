"""The topic of the tests of rescans."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from tests.acting import TESTS
from tests.service.rescan.acting import WORD, Activate

from mimawari.service.releases.activating import activate_topic_files


@pytest.fixture
def activate(db: None, tmp_path: Path) -> Activate:
    """Give what puts the topic in force, with words and the severities of their rules."""

    def put(capacity: int = 10, **words: str) -> int:
        path = tmp_path / "weapons.toml"
        text = TOPIC.format(topic="weapons", word="pistol", capacity=capacity)
        rules = [WORD.format(id=word, word=word, severity=s) for word, s in words.items()]
        path.write_text(text + "".join(rules), "utf-8")
        return activate_topic_files([path], TESTS, "tests")

    return put
