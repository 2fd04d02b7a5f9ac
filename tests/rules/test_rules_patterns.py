"""Patterns, kept databases, versions: what compiling takes and refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mimawari.detectors.conformance import check_detector
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.rules.automaton import Automaton
from mimawari.detectors.rules.postfix import depth
from mimawari.detectors.topicfile import load, parse
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

Write = Callable[..., str]


def listing(title: str, description: str = "") -> Listing:
    return Listing(id="1", version=1, seller_id="s", title=title, description=description)


@pytest.mark.parametrize("pattern", [r"(a)\\1", "a(?=b)", "(?<!a)b", "(", "a{5,2}", "a*"])
def test_patterns_without_an_automaton_are_refused_by_name(topic_text: Write, pattern: str) -> None:
    text = topic_text(("gun", f'{{regex = ["{pattern}", "fine"]}}', "fine", "toy"))
    with pytest.raises(InvalidInputError) as caught:
        RuleSet.compile([parse(text, "t.toml")])
    (problem,) = caught.value.problems
    assert problem.field == "t.toml: sample/gun"
    assert "cannot be compiled" in problem.problem
    assert "no back-references or look-around" in problem.remedy


def test_a_pattern_that_stalls_backtracking_engines_runs_through(topic_text: Write) -> None:
    rules = RuleSet.compile([parse(topic_text(("run", '{regex = ["(a+)+$"]}', "aaa", "b")))])
    batch = ListingBatch.of([listing("a" * 450 + "b", "x"), listing("b" + "a" * 450)])
    assert rules.match(batch).listings.tolist() == [1]


def test_problems_of_all_rules_are_said_at_once(topic_text: Write) -> None:
    rules = [(f"r{i}", '{words = ["!!", "gun"]}', "gun", "toy") for i in range(2)]
    with pytest.raises(InvalidInputError) as caught:
        RuleSet.compile([parse(topic_text(*rules), "t.toml")])
    assert [p.field for p in caught.value.problems] == ["t.toml: sample/r0", "t.toml: sample/r1"]


def test_an_example_that_fails_names_file_rule_and_text(topic_text: Write) -> None:
    text = topic_text(("gun", '{words = ["gun"]}', "a toy", "G-u-n"))
    with pytest.raises(InvalidInputError) as caught:
        RuleSet.compile([parse(text, "t.toml")])
    first, second = map(str, caught.value.problems)
    assert "t.toml: sample/gun.examples.match: 'a toy' does not match" in first
    assert "t.toml: sample/gun.examples.no_match: 'G-u-n' matches" in second


def test_rules_taken_over_are_as_if_compiled_anew() -> None:
    """Numbers of patterns are of the whole set, and every file before moves them."""
    paths = starter()[:6]
    files = [load(path) for path in paths]
    first = RuleSet.compile(files, run_examples=False)
    for changed in (0, len(files) // 2):
        path = paths[changed]
        text = re.sub(r"words = \[", f'words = ["qwz{changed}", ', path.read_text("utf-8"), count=1)
        files[changed] = parse(text, path.name)
        taken = RuleSet.compile(files, run_examples=False, before=first)
        anew = RuleSet.compile([replace(file) for file in files], run_examples=False, before=first)
        assert taken.matcher.automaton.patterns == anew.matcher.automaton.patterns
        assert taken.matcher.automaton.patterns != first.matcher.automaton.patterns
        assert taken.version == anew.version
        for mine, other in zip(taken.rules, anew.rules, strict=True):
            assert (mine.name, mine.patterns, mine.excluded) == (
                other.name, other.patterns, other.excluded,
            )  # fmt: skip
            assert mine.program == other.program
        kept = {rule.decide for rule in first.rules} & {rule.decide for rule in taken.rules}
        assert len(kept) == len(first.rules) - len(files[changed].rules)
        texts = [example.listing for example in first.get_examples()]
        batch = ListingBatch.of(texts)
        assert taken.match(batch).rules.tolist() == anew.match(batch).rules.tolist()
        first = taken


def test_what_the_engine_refuses_is_refused_where_databases_are_kept(
    topic_text: Write, tmp_path: Path
) -> None:
    kept = tmp_path / "patterns"
    RuleSet.compile([parse(topic_text(("gun", '{regex = ["gu+n"]}', "gun", "toy")))], cache=kept)
    refused = parse(topic_text(("gun", '{regex = ["gu+n", "a(?=b)"]}', "gun", "toy")), "t.toml")
    for _ in range(2):
        with pytest.raises(InvalidInputError, match=r"t\.toml: sample/gun: the pattern"):
            RuleSet.compile([refused], cache=kept)
    assert len(list(kept.iterdir())) == 1


def test_the_version_follows_the_rules_and_not_the_file_name(topic_text: Write) -> None:
    text = topic_text(("gun", '{words = ["gun"]}', "gun", "toy"))
    first = RuleSet.compile([parse(text, "a.toml")])
    assert first.version == RuleSet.compile([parse(text, "b.toml")]).version
    for other in (text.replace("gun", "pistol"), text.replace("capacity = 5", "capacity = 6")):
        assert first.version != RuleSet.compile([parse(other, "a.toml")]).version
    measured = RuleSet.compile([parse(text)], precisions={"sample/gun": 0.25})
    assert first.version != measured.version


def test_all_and_any_are_not_the_same_version(topic_text: Write) -> None:
    both = topic_text(("gun", '{all = [{words = ["a"]}, {words = ["b"]}]}', "a b", "c"))
    either = both.replace("{all", "{any")
    assert RuleSet.compile([parse(both)]).version != RuleSet.compile([parse(either)]).version


def test_a_kept_database_finds_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    patterns = ["gun", r"\bair soft\b"]
    texts = ListingBatch.of([listing("gun"), listing("air-soft gun")]).texts
    plain = Automaton(patterns, {}).scan_all(texts)
    for _ in range(2):
        found = Automaton(patterns, {}, cache=folder).scan_all(texts)
        assert [a.tolist() for a in found] == [a.tolist() for a in plain]
    of_words, of_the_rest = folder.iterdir()
    for kept in (of_words, of_the_rest):
        for broken in (b"", b"nonsense" * 50, kept.read_bytes()[:-9]):
            kept.write_bytes(broken)
            found = Automaton(patterns, {}, cache=folder).scan_all(texts)
            assert [a.tolist() for a in found] == [a.tolist() for a in plain]
            assert len(kept.read_bytes()) > 400


def test_places_of_words_and_of_expressions_overlap_alike() -> None:
    text = "ああああ aa banana".encode()
    of_words = Automaton(["ああ", "ana"], {}).where(text, [0, 1])
    of_expressions = Automaton(["ああ", "ana"], {}, ["ああ", "ana"]).where(text, [0, 1])
    assert (
        of_words
        == sorted(of_expressions)
        == [(0, 0, 6), (0, 3, 9), (0, 6, 12), (1, 17, 20), (1, 19, 22)]
    )


def test_nothing_is_kept_where_others_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    Automaton(["gun"], {}, cache=tmp_path)
    Automaton(["gun"], {}, cache=tmp_path / "file" / "below")
    assert not [p for p in tmp_path.iterdir() if p.suffix == ".hs"]


def test_conditions_wider_than_any_fixed_stack_run(topic_text: Write) -> None:
    parts = ", ".join(f'{{words = ["w{i}"]}}' for i in range(900))
    nested = f"{{any = [{{all = [{parts}]}}, {{words = ['gun']}}]}}"
    rules = RuleSet.compile([parse(topic_text(("gun", nested, "gun", "w1 w2")))])
    assert depth(rules.rules[0].program) == 900
    everything = " ".join(f"w{i}" for i in range(900))
    assert rules.match(ListingBatch.of([listing("x", everything)])).of(0) == ("sample/gun",)


def test_explained_spans_are_the_words_as_the_seller_wrote_them(topic_text: Write) -> None:
    text = topic_text(("gun", '{words = ["gun", "拳銃"]}', "gun", "toy"))
    text = text.replace("[rules.examples]", 'exclude = ["glue gun"]\n[rules.examples]')
    rules = RuleSet.compile([parse(text)])
    one = listing("Ｇ-u-N, ｱ glue gun", "本物の拳銃です")
    why = rules.explain(ListingBatch.of([one]), 0, "sample")
    assert why.rules == ("sample/gun",)
    assert [one.text[s.start : s.end] for s in why.spans] == ["Ｇ-u-N", "拳銃"]


def test_a_rule_set_is_a_detector() -> None:
    files = [load(p) for p in starter() if p.stem in ("tickets", "weapons")]
    rules = RuleSet.compile(files)
    check_detector(rules, [listing("Glock 19 pistol"), listing("a teapot")])
    assert rules.topics == tuple(sorted(f.topic for f in files))
