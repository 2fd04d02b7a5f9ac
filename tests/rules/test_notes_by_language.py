"""A rule's note is one text or texts by language; a translation makes no other version."""

from __future__ import annotations

import pytest
from bench.word_topic import TOPIC

from mimawari.detectors.rules import RuleSet
from mimawari.detectors.rules.canonical_form import plain
from mimawari.detectors.topicfile import Rule, TopicFile, parse
from mimawari.errors import InvalidInputError

FILE = TOPIC.format(topic="weapons", word="pistol", capacity=3)


def with_note(note: str) -> TopicFile:
    return parse(FILE.replace("when =", f"note = {note}\nwhen ="))


def rule_with(note: str) -> Rule:
    (rule,) = with_note(note).rules
    return rule


def version_with(note: str) -> str:
    return RuleSet.compile([with_note(note)]).version


def test_a_plain_text_is_that_of_every_language() -> None:
    assert rule_with('"Guns"').note == {"en": "Guns"}
    assert rule_with('""').note == parse(FILE).rules[0].note == {}


def test_texts_by_language() -> None:
    rule = rule_with('{ en = " Guns ", ja = "銃" }')
    assert rule.note == {"en": "Guns", "ja": "銃"}


@pytest.mark.parametrize(
    ("note", "english"),
    [
        ('"Guns"', "Guns"),
        ('{ ja = "銃", en = "Guns" }', "Guns"),
        ('{ ja = "銃" }', "銃"),
        ('""', ""),
    ],
)
def test_where_one_language_is_wanted_it_is_english_else_any(note: str, english: str) -> None:
    assert rule_with(note).note_in_english == english


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("5", 'note: is 5; write a text in quotes or { en = "..." }'),
        ("{}", 'note: is {}; write a text in quotes or { en = "..." }'),
        ('["Guns"]', "note: is ['Guns']; write a text in quotes or"),
        ('{ en = "Guns", ja = " " }', "note.ja: is missing; write a text"),
        ("{ en = 5 }", "note.en: is 5; write a text in quotes"),
    ],
)
def test_what_is_wrong_is_told_with_its_language(note: str, told: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        with_note(note)
    assert f"topic.toml: rules.word.{told}" in str(caught.value)


def test_a_translation_makes_no_other_version() -> None:
    english = version_with('"Guns"')
    assert version_with('{ en = "Guns", ja = "銃" }') == english
    assert version_with('{ en = "Rifles", ja = "銃" }') != english


@pytest.mark.parametrize(("note", "text"), [('"Guns"', "Guns"), ('""', ""), ('" a "', " a ")])
def test_the_version_is_made_from_the_text_as_before_languages(note: str, text: str) -> None:
    canonical = plain(rule_with(note))
    assert isinstance(canonical, dict)
    assert canonical["Rule"]["note"] == text
