"""The Japanese titles: enough of them, no copies, and sets that never meet.

No rule is run here on titles that are set aside.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest
from tests.packs.japanese_titles import (
    HALVES,
    Title,
    TopicTitles,
    letters,
    read,
    read_folder,
    split,
)
from tests.packs.measure_japanese import counts, measure
from tests.packs.split_japanese import PURPOSE, divide, toml

from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import load

ORDINARY_TITLES = (Path(__file__).parent / "ordinary_titles.txt").read_text("utf-8").splitlines()
SETS = {half: read(half) for half in HALVES}
DEVELOPMENT, SET_ASIDE = SETS["development"], SETS["set_aside"]
LEAST = 8
ALIKE = 0.7


def merged(*parts: TopicTitles) -> TopicTitles:
    return TopicTitles(
        topic=parts[0].topic,
        violating=tuple(t for part in parts for t in part.violating),
        near_misses=tuple(t for part in parts for t in part.near_misses),
    )


DIVIDED = [merged(*parts) for parts in zip(DEVELOPMENT, SET_ASIDE, strict=True)]
WHOLE = [merged(*parts) for parts in zip(*SETS.values(), strict=True)]


@pytest.mark.parametrize("half", SETS.values(), ids=SETS)
def test_every_topic_has_enough_titles_in_each_set(half: list[TopicTitles]) -> None:
    assert [t.topic for t in half] == sorted(path.stem for path in starter())
    for titles in half:
        assert len(titles.violating) >= LEAST, titles.topic
        assert len(titles.near_misses) >= LEAST, titles.topic
        indirect = sum(t.indirect for t in titles.violating) / len(titles.violating)
        assert 0.2 <= indirect <= 0.35, titles.topic


def test_indirect_titles_say_what_is_meant() -> None:
    assert [t.title for w in WHOLE for t in w.violating if t.indirect and not t.note] == []
    assert [t.title for w in WHOLE for t in w.near_misses if t.indirect] == []


def test_titles_are_japanese() -> None:
    kana_or_kanji = ("HIRAGANA", "KATAKANA", "CJK")
    foreign = [t.title for w in WHOLE for t in w.all() if not _contains(t.title, kana_or_kanji)]
    assert foreign == []


def _contains(text: str, scripts: tuple[str, ...]) -> bool:
    return any(unicodedata.name(c, "").startswith(scripts) for c in text)


def test_no_title_is_there_twice_nor_among_the_ordinary_titles() -> None:
    titles = Counter(letters(t.title) for w in WHOLE for t in w.all())
    assert [t for t, n in titles.items() if n > 1] == []
    assert titles.keys() & {letters(t) for t in ORDINARY_TITLES} == set()


def likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole.topic)
def test_no_two_titles_of_a_topic_differ_by_a_word_only(whole: TopicTitles) -> None:
    texts = [letters(t.title) for t in whole.all()]
    assert [(a, b) for a, b in combinations(texts, 2) if likeness(a, b) >= ALIKE] == []


@pytest.mark.parametrize("row", range(len(DIVIDED)), ids=[w.topic for w in DIVIDED])
def test_the_halves_are_those_of_the_hash(row: int) -> None:
    assert split(DIVIDED[row]) == (DEVELOPMENT[row], SET_ASIDE[row])


def test_divided_titles_are_read_back_and_not_mixed_again(tmp_path: Path) -> None:
    source, target = tmp_path / "written", tmp_path / "halves"
    source.mkdir()
    whole = DIVIDED[0]
    (source / f"{whole.topic}.toml").write_text(toml(whole, ""), "utf-8")
    assert divide(source, target) == 1
    assert tuple(next(read_folder(target / half)) for half in PURPOSE) == split(whole)
    with pytest.raises(FileExistsError, match="already holds halves"):
        divide(source, target)


def test_measuring_tells_the_own_topic_from_others() -> None:
    weapons = (Title("メリケンサック 真鍮"), Title("ビリッとくるやつ", indirect=True))
    written = TopicTitles("weapons", violating=weapons, near_misses=(Title("水鉄砲 2丁"),))
    elsewhere = TopicTitles("tickets", violating=(), near_misses=weapons[:1])
    rules = RuleSet.compile(load(path) for path in starter() if path.stem in ("weapons", "tickets"))
    assert counts(measure(rules, [written])) == [2, 1, 1, 1, 0, 1, 0, 0]
    assert counts(measure(rules, [elsewhere])) == [0, 0, 0, 0, 0, 1, 0, 1]
