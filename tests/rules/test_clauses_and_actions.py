"""Clauses, actions and strikes of a topic file: what is read, and everything that is wrong."""

from __future__ import annotations

import pytest
from bench.word_topic import TOPIC

from mimawari.detectors.rules import RuleSet
from mimawari.detectors.topicfile import Severity, parse
from mimawari.errors import InvalidInputError
from mimawari.records.action import ActionKind

FILE = TOPIC.format(topic="weapons", word="pistol", capacity=3)
CLAUSE = '[[clauses]]\nkey = "blade"\ntext = { en = "Blades", ja = "刃物" }\n'

EXAMPLES = '[rules.examples]\nmatch = ["a sword"]\nno_match = ["a cup"]\n'


def problems(more: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        parse(FILE + more)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_with_all_of_it() -> None:
    more = """
[actions]
low = "none"
critical = ["restrict", "delete"]
automatic = ["critical"]
hide_until_reviewed = 1
[strikes]
critical = 3
restrict_at = 6
"""
    topic = parse(FILE + CLAUSE + more)
    (clause,) = topic.clauses
    assert (clause.key, clause.text["ja"], clause.severity) == ("blade", "刃物", None)
    assert topic.actions is not None
    assert topic.actions.kinds == {
        Severity.LOW: (),
        Severity.CRITICAL: (ActionKind.RESTRICT, ActionKind.DELETE),
    }
    assert topic.actions.hide_until_reviewed == 1
    assert topic.strikes is not None
    assert (topic.strikes.expires_days, topic.strikes.restrict_at) == (180, 6)
    assert topic.severity_of(["blade"]) == Severity.HIGH


def test_a_violation_is_as_grave_as_its_gravest_clause() -> None:
    low, critical = (
        CLAUSE.replace("blade", name).replace("text", f'severity = "{name}"\ntext')
        for name in ("low", "critical")
    )
    topic = parse(FILE + low + critical)
    assert topic.severity_of(["low"]) == Severity.LOW
    assert topic.severity_of(["low", "critical"]) == Severity.CRITICAL
    assert topic.severity_of([]) == Severity.HIGH


def test_no_score_depends_on_them() -> None:
    more = '[actions]\nhigh = "hide"\n[strikes]\nhigh = 1\n'
    plain, full = (RuleSet.compile([parse(text)]) for text in (FILE, FILE + CLAUSE + more))
    assert plain.version == full.version


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ("[clauses]\na = 1", "clauses: is {'a': 1}; write [[clauses]] before each clause"),
        (CLAUSE * 2, "clauses.blade: stands twice; give each clause its own key"),
        (
            "".join(CLAUSE.replace("blade", f"c{i}") for i in range(10)),
            "clauses: are 10; at most 9: each has a digit as its key",
        ),
        (CLAUSE.replace("blade", "A b"), "clauses.A b.key: is malformed; use 2 to 40"),
        ('[[clauses]]\nkey = "ab"', "clauses.ab.text: is missing; write text = { en ="),
        ("[[clauses]]\ntext = {en = 'x'}", "clauses[0].key: is missing; write a text"),
        (CLAUSE.replace("Blades", " "), "clauses.blade.text.en: is missing; write a text"),
        (CLAUSE.replace("Blades", "x" * 501), "clauses.blade.text.en: has 501 characters"),
        (f'{CLAUSE}severity = "grave"', "clauses.blade.severity: is 'grave'; use low, medium"),
        (f"{CLAUSE}weight = 3", "clauses.blade.weight: is unknown"),
        ("[actions]\nhigh = 'burn'", "actions.high: is 'burn'; use none, warn"),
        ("[actions]\nhigh = []", "actions.high: is []; use none, warn"),
        ("[actions]\nhigh = ['hide', 'warn']", "actions.high: names two actions for one listing"),
        ("[actions]\nhihg = 'hide'", "actions.hihg: is unknown; did you mean 'high'?"),
        ("[actions]\nautomatic = ['high']", "actions.automatic: names high, which has no action"),
        ("[actions]\nautomatic = true", "actions.automatic: is True; write a list of low"),
        ("[actions]\nhide_until_reviewed = 90", "is 90; give a score from 0 to 1"),
        ("[actions]\nhide_until_reviewed = nan", "is nan; give a score from 0 to 1"),
        ("[actions]\nhide_until_reviewed = true", "is True; give a score from 0 to 1"),
        ("[actions]\ndry_run = 1", "actions.dry_run: is 1; write true or false"),
        ("[strikes]\nrestrict_at = 3", "strikes: weigh nothing"),
        ("[strikes]\nhigh = -1", "strikes.high: is -1; give a whole number from 0 to 1,000"),
        ("[strikes]\nhigh = 1.5", "strikes.high: is 1.5; give a whole number"),
        ("[strikes]\nhigh = 1\nexpires_days = 0", "strikes.expires_days: is 0"),
        ("[strikes]\nhigh = 1\nrestrict_at = 0", "strikes.restrict_at: is 0"),
    ],
)
def test_what_is_wrong_is_named(more: str, refusal: str) -> None:
    assert any(refusal in problem for problem in problems(more)), problems(more)


def test_wrong_places() -> None:
    for key in ("actions", "strikes", "clauses"):
        with pytest.raises(InvalidInputError, match=f"{key}: is 3"):
            parse(f"{key} = 3\n{FILE}")
    with pytest.raises(InvalidInputError, match="clause_optional: is 'yes'"):
        parse(f'clause_optional = "yes"\n{FILE}')


def test_a_rule_names_a_clause_that_is_there() -> None:
    rule = '[[rules]]\nid = "sword"\nclause = "{}"\nwhen = {{ words = ["sword"] }}\n'
    rule += EXAMPLES
    topic = parse(FILE + rule.format("blade") + CLAUSE)
    assert [one.clause for one in topic.rules] == ["", "blade"]
    (problem,) = problems(rule.format("bow") + CLAUSE)
    assert problem.endswith("rules.sword.clause: is 'bow'; use blade")
    (problem,) = problems(rule.format("bow"))
    assert "write [[clauses]] first" in problem


def test_no_score_depends_on_the_clause_of_a_rule_nor_on_what_is_refused() -> None:
    bare = '[[rules]]\nid = "sword"\nwhen = { words = ["sword"] }\n' + EXAMPLES
    named = bare.replace("when", 'clause = "blade"\nwhen')
    more = CLAUSE + "[actions]\nrefuse_at = 0.99\n"
    files = [parse(FILE + bare), parse(FILE + named + more)]
    assert len({RuleSet.compile([one], run_examples=False).version for one in files}) == 1


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("refuse_at = 2", "actions.refuse_at: is 2; give a score from 0 to 1"),
        (
            "hide_until_reviewed = 0.9\nrefuse_at = 0.8",
            "actions.refuse_at: is 0.8, under hide_until_reviewed = 0.9",
        ),
    ],
)
def test_thresholds_that_make_no_sense(written: str, refusal: str) -> None:
    (problem,) = problems(f"[actions]\n{written}\n")
    assert refusal in problem
