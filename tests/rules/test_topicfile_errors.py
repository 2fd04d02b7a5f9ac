"""What is wrong with a topic file is said with its place and a remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mimawari.detectors.packs import starter
from mimawari.detectors.rules.canonical_form import plain
from mimawari.detectors.topicfile import load, parse
from mimawari.detectors.topicfile.limits import MOST_CHAIN
from mimawari.detectors.topicfile.parse_conditions import (
    MOST_DEPTH,
    MOST_PARTS,
    MOST_POSITIONS,
    MOST_POSITIONS_OF_FILE,
)
from mimawari.errors import InvalidInputError

Write = Callable[..., str]
GUN = '{words = ["gun"]}'


def said(text: str, name: str = "t.toml") -> str:
    with pytest.raises(InvalidInputError) as caught:
        parse(text, name)
    return str(caught.value)


def test_a_misspelt_key_is_answered_with_the_nearest(topic_text: Write) -> None:
    text = topic_text(("gun", GUN, "gun", "toy")).replace("capacity", "capasity")
    assert "t.toml: capasity: is unknown; did you mean 'capacity'?" in said(text)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ('{wrods = ["gun"]}', "did you mean 'words'?"),
        ('{words = ["@guns"]}', "names the unknown list @guns; known: none"),
        ('{words = "gun"}', "is 'gun'; write a list of texts"),
        ("{words = []}", "write a list of texts"),
        ('{words = ["gun"], brand = ["Glock"]}', "holds words and brand"),
        ("{}", "holds none of them"),
        ("7", "is 7; write a table"),
        ("{all = []}", "is []; write a list of conditions"),
        ('{words = ["gun"], field = "body"}', "has field 'body'; use any, title, description"),
        ('{price = {below = "5", currency = "JPY"}}', "below: is '5'; write a number"),
        ("{price = {below = 5}}", "currency: is None"),
        ("{image_count = {above = nan}}", "above: is nan; write a number"),
        (f"{{image_count = {{above = 1{'0' * 400}}}}}", "write a number"),
        ("{image_count = {}}", "has no bound"),
        ('{attribute = {name = "size"}}', "write a list of texts"),
        ('{rule = "other"}', "names the unknown rule 'other'"),
        ('{rule = "gun"}', "go in a circle: gun -> gun"),
    ],
)
def test_a_wrong_condition_is_named(topic_text: Write, when: str, message: str) -> None:
    assert message in said(topic_text(("gun", when, "gun", "toy")))


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("{title = 5}", "Expected 'str', got 'int' - at 'title'"),
        ("{titel = 'x'}", "did you mean 'title'?"),
        ("{title = 'x', price = 5}", "beside a currency"),
        ("{title = 'x', price = inf, currency = 'JPY'}", "beside a currency"),
        ("{title = 'x', seller_age_days = 1e300}", "is no listing"),
        ("{title = 'x', image_count = 1000000000}", "image_count is not 0 to 40"),
        ("{title = 'x', price_vs_median = 'low'}", "price_vs_median"),
        ("{title = 'x', condition = 'mint'}", "condition"),
        ("5", "is 5; write a title or a table"),
    ],
)
def test_a_wrong_example_is_named(topic_text: Write, example: str, message: str) -> None:
    text = topic_text(("gun", GUN, "gun", "toy")).replace('match = ["gun"]', f"match = [{example}]")
    found = said(text)
    assert message in found
    assert "rules.gun.examples.match[0]" in found


def test_all_problems_are_said_at_once(topic_text: Write) -> None:
    text = topic_text(("a1", "{words = 1}", "x", "y"), ("b1", "{wrods = 1}", "x", "y"))
    found = said(text.replace("capacity = 5", "capacity = 0"))
    assert all(place in found for place in ("rules.a1", "rules.b1", "capacity: is 0"))


def test_circles_of_lists_and_rules_are_written_out(topic_text: Write) -> None:
    lists = 'aa = ["@bb"]\nbb = ["@aa"]'
    found = said(topic_text(("gun", GUN, "x", "y"), lists=lists))
    assert "aa -> bb -> aa" in found or "bb -> aa -> bb" in found
    rules = [(f"r{i}", f'{{rule = "r{(i + 1) % 3}"}}', "x", "y") for i in range(3)]
    found = said(topic_text(*rules))
    assert any(f"r{i} -> r{(i + 1) % 3} -> r{(i + 2) % 3} -> r{i}" in found for i in range(3))


def test_depth_parts_and_chains_have_limits(topic_text: Write) -> None:
    deep = "{not = " * (MOST_DEPTH + 1) + GUN + "}" * (MOST_DEPTH + 1)
    assert "nested over 12 deep" in said(topic_text(("gun", deep, "x", "y")))
    wide = "{any = [" + ", ".join([GUN] * (MOST_PARTS + 1)) + "]}"
    assert "has 1,001 parts" in said(topic_text(("gun", wide, "x", "y")))
    chain = [("r0", GUN, "x", "y")]
    chain += [(f"r{i}", f'{{rule = "r{i - 1}"}}', "x", "y") for i in range(1, MOST_CHAIN + 1)]
    assert len(parse(topic_text(*chain)).rules) == MOST_CHAIN + 1
    long = [*chain, *((f"r{i}", f'{{rule = "r{i - 1}"}}', "x", "y") for i in range(13, 3_000))]
    assert "rules.r13.when: begins a chain of 13 rules" in said(topic_text(*long))


def test_rules_that_grow_exponentially_are_refused_quickly(topic_text: Write) -> None:
    def both(i: int) -> str:
        return "{all = [" + ", ".join([f'{{rule = "r{i - 1}"}}'] * 10) + "]}"

    rules = [("r0", GUN, "x", "y"), *((f"r{i}", both(i), "x", "y") for i in range(1, 12))]
    found = said(topic_text(*rules))
    assert "rules.r4.when: stands for" in found
    assert "rules.r3.when" not in found


def test_lists_that_grow_exponentially_stay_small(topic_text: Write) -> None:
    lists = 'l0 = ["gun"]\n' + "\n".join(f'l{i} = ["@l{i - 1}", "@l{i - 1}"]' for i in range(1, 60))
    topic = parse(topic_text(("gun", '{words = ["@l59"]}', "gun", "toy"), lists=lists))
    assert topic.rules[0].when.patterns == ("gun",)  # type: ignore[union-attr]  # a Text


def test_huge_lists_and_files_are_refused(topic_text: Write) -> None:
    words = ", ".join(f'"w{i}"' for i in range(100_001))
    assert "lists.big: is word 100,001" in said(
        topic_text(("gun", GUN, "x", "y"), lists=f"big = [{words}]")
    )
    assert "at most 4,000,000" in said("#" * 4_000_001)


def test_yaml_aliases_and_bad_values_are_refused() -> None:
    assert "aliases" in said("a: &x [1]\nb: *x", "t.yaml")
    assert "t.yaml: syntax" in said("a: 2026-99-99", "t.yaml")
    assert "t.toml: syntax" in said("a = " + "1" * 5_000)
    assert "t.toml: syntax" in said("a = " + "[" * 5_000)
    assert "write keys and values" in said("- 1", "t.yaml")
    assert "half of a surrogate pair" in said('lists: {a: ["\\ud800"]}', "t.yaml")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b'topic = "\xff"')
    for path, message in (
        (bad, "bad.toml: byte 9: is not UTF-8"),
        (tmp_path, "is a directory"),
        (tmp_path / "none.toml", "no such file"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            load(path)


@pytest.mark.parametrize("path", starter(), ids=lambda p: p.stem)
def test_yaml_says_the_same_as_toml(path: Path) -> None:
    text = yaml.safe_dump(tomllib.loads(path.read_text("utf-8")), allow_unicode=True)
    by_yaml, by_toml = parse(text, "t.yaml"), load(path)
    assert plain(by_yaml) == plain(by_toml)
    assert [rule.note for rule in by_yaml.rules] == [rule.note for rule in by_toml.rules]


def test_an_expression_that_is_dear_to_compile_is_refused_unseen_by_the_engine(
    topic_text: Write,
) -> None:
    dear = "{regex = ['(a|b.{0,500}c){1,30}']}"
    message = said(topic_text(("gun", dear, "a", "x")))
    assert "rules.gun.when.regex: stands for 15,090 characters with its repetitions" in message
    assert f"at most {MOST_POSITIONS:,}: repeat less" in message


def test_expressions_of_a_file_have_a_bound_together(topic_text: Write) -> None:
    fits = MOST_POSITIONS_OF_FILE // MOST_POSITIONS
    many = [f"{chr(97 + i)}{{{MOST_POSITIONS}}}" for i in range(fits + 1)]

    def written(patterns: list[str]) -> str:
        return topic_text(("gun", f"{{regex = {patterns}}}", "a", "x"))

    assert len(parse(written(many[:fits])).rules) == 1
    assert "expressions pass 50,000 characters in all" in said(written(many))
