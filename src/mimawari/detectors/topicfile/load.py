"""Reads a topic file and says everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

import yaml

from mimawari.detectors.topicfile.cycles import references
from mimawari.detectors.topicfile.limits import check_references, expand_lists
from mimawari.detectors.topicfile.parse_actions import parse_actions, parse_strikes
from mimawari.detectors.topicfile.parse_clauses import check_clauses_of, parse_clauses
from mimawari.detectors.topicfile.parse_conditions import ConditionParser
from mimawari.detectors.topicfile.parse_examples import parse_examples
from mimawari.detectors.topicfile.parse_reach import parse_markets, parse_trusted_from
from mimawari.detectors.topicfile.problems import Problems, shown
from mimawari.detectors.topicfile.schema import Rule, Severity, TopicFile
from mimawari.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOPIC = re.compile(r"[a-z][a-z0-9_]{1,39}")
RULE_ID = re.compile(r"[a-z][a-z0-9_-]{1,59}")
TOPIC_KEYS = (
    *("topic", "severity", "capacity", "sensitive", "legal_category", "legal_keyword"),
    *("confirm_positives", "clauses", "clause_optional", "actions", "strikes"),
    *("trusted_from", "markets"),
    *("title", "policy", "lists", "rules"),
)
RULE_KEYS = ("id", "severity", "clause", "note", "when", "exclude", "examples")
MOST_CAPACITY = 1_000_000
MOST_BYTES = 4_000_000


def load(path: Path) -> TopicFile:
    """Read a ``.toml``, ``.yaml`` or ``.yml`` file.

    Raises
    ------
    InvalidInputError
        With every problem found, each naming file, rule and field.
    """
    problems = Problems(path.name)
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        problems.add(f"byte {error.start}", "is not UTF-8", "save the file as UTF-8")
        raise InvalidInputError(*problems.noted) from error
    except OSError as error:
        problems.add("file", str(error.strerror or error).lower(), "name a topic file")
        raise InvalidInputError(*problems.noted) from error
    return parse(text, path.name)


def parse(text: str, name: str = "topic.toml") -> TopicFile:
    """Read the text of a topic file; ``name`` gives the format and stands in messages."""
    problems = Problems(name)
    table = _decode(text, name, problems)
    topic = _topic(table, problems) if not problems.noted else None
    if topic is None or problems.noted:
        raise InvalidInputError(*problems.noted)
    return topic


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases: a few of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed: write the value out")
        return super().compose_node(parent, index)


def _decode(text: str, name: str, problems: Problems) -> Mapping[str, object]:
    if len(text) > MOST_BYTES:
        problems.add("file", f"has {len(text):,} characters", f"at most {MOST_BYTES:,}")
        return {}
    try:
        if name.endswith((".yaml", ".yml")):
            table = yaml.load(text, Loader=_PlainLoader)  # noqa: S506  # a SafeLoader
        else:
            table = tomllib.loads(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:  # a huge number: ValueError
        problems.add("syntax", str(error).replace("\n", " ") or "nested too deep", "mend it")
        return {}
    if not isinstance(table, dict):
        problems.add("file", f"is {shown(table)}", "write keys and values")
        return {}
    return table


def _topic(table: Mapping[str, object], problems: Problems) -> TopicFile:
    problems.known_keys(table, TOPIC_KEYS, "")
    topic = problems.text(table, "topic", "", required=True)
    if topic and not TOPIC.fullmatch(topic):
        problems.add("topic", f"is {topic!r}", "use 2 to 40 of a-z, 0-9 and _, a letter first")
    severity = _severity(table.get("severity", "medium"), "severity", problems)
    capacity = table.get("capacity")
    if type(capacity) is not int or not 0 < capacity <= MOST_CAPACITY:
        problems.add("capacity", f"is {shown(capacity)}", f"give 1 to {MOST_CAPACITY:,} a day")
        capacity = 1
    texts = {key: _languages(table, key, problems) for key in ("title", "policy")}
    rules, clauses = _rules(table, severity, problems), parse_clauses(table, problems)
    check_clauses_of(rules, clauses, problems)
    return TopicFile(
        topic,
        severity,
        capacity,
        texts["title"],
        texts["policy"],
        rules,
        problems.switch(table, "sensitive"),
        problems.text(table, "legal_category", "") or None,
        problems.text(table, "legal_keyword", "") or None,
        source=problems.source,
        confirm_positives=problems.switch(table, "confirm_positives"),
        clauses=clauses,
        clause_optional=problems.switch(table, "clause_optional"),
        actions=parse_actions(table, problems),
        strikes=parse_strikes(table, problems),
        trusted_from=parse_trusted_from(table, problems),
        markets=parse_markets(table, problems),
    )


def _severity(value: object, where: str, problems: Problems) -> Severity:
    try:
        return Severity(str(value))
    except ValueError:
        problems.add(where, f"is {shown(value)}", f"use {', '.join(Severity)}")
        return Severity.MEDIUM


def _languages(table: Mapping[str, object], key: str, problems: Problems) -> dict[str, str]:
    value = table.get(key)
    if not isinstance(value, dict) or not value:
        problems.add(key, "is missing", f'write a table [{key}] with en = "..."')
        return {}
    return problems.by_language(value, key)


def _lists(table: Mapping[str, object], problems: Problems) -> dict[str, tuple[str, ...]]:
    raw = table.get("lists", {})
    if not isinstance(raw, dict):
        problems.add("lists", f"is {shown(raw)}", "write a table [lists]")
        return {}
    lists = {str(k): problems.texts(v, f"lists.{k}") for k, v in raw.items()}
    return expand_lists(lists, problems)


def _rules(table: Mapping[str, object], default: Severity, problems: Problems) -> tuple[Rule, ...]:
    parser = ConditionParser(_lists(table, problems), problems)
    raw = table.get("rules", [])
    if not isinstance(raw, list):
        problems.add("rules", f"is {shown(raw)}", "write [[rules]] before each rule")
        return ()
    rules = tuple(_rule(table, i, default, parser, problems) for i, table in enumerate(raw))
    ids = Counter(rule.id for rule in rules)
    for rule_id in (i for i, n in ids.items() if i and n > 1):
        problems.add(f"rules.{rule_id}", "stands twice", "give each rule its own id")
    for rule in rules:
        for other in sorted(set(references(rule.when)) - set(ids)):
            problems.add(f"rules.{rule.id}.when", f"names the unknown rule {other!r}", "fix it")
    check_references({rule.id: rule.when for rule in rules}, problems)
    return rules


def _rule(
    raw: object, index: int, default: Severity, parser: ConditionParser, problems: Problems
) -> Rule:
    if not isinstance(raw, dict):
        problems.add(f"rules[{index}]", f"is {shown(raw)}", "write a table")
        raw = {}
    rule_id = problems.text(raw, "id", f"rules[{index}]", required=True)
    where = f"rules.{rule_id or index}"
    if rule_id and not RULE_ID.fullmatch(rule_id):
        problems.add(f"{where}.id", "is malformed", "use 2 to 60 of a-z, 0-9, _ and -")
    problems.known_keys(raw, RULE_KEYS, where)
    examples = raw.get("examples", {})
    if not isinstance(examples, dict):
        problems.add(f"{where}.examples", f"is {shown(examples)}", "write [rules.examples]")
        examples = {}
    problems.known_keys(examples, ("match", "no_match"), f"{where}.examples")
    return Rule(
        id=rule_id,
        severity=_severity(raw.get("severity", default), f"{where}.severity", problems),
        when=parser.parse(raw.get("when"), f"{where}.when"),
        exclude=problems.texts(raw.get("exclude", []), f"{where}.exclude"),
        note=_note(raw.get("note", ""), f"{where}.note", problems),
        match=parse_examples(examples.get("match"), f"{where}.examples.match", problems),
        no_match=parse_examples(examples.get("no_match"), f"{where}.examples.no_match", problems),
        clause=problems.text(raw, "clause", where),
    )


def _note(value: object, where: str, problems: Problems) -> dict[str, str]:
    """Take texts by language, or one text, which is that of every language."""
    if isinstance(value, str):
        return {"en": value} if value else {}
    if not isinstance(value, dict) or not value:
        problems.add(where, f"is {shown(value)}", 'write a text in quotes or { en = "..." }')
        return {}
    return problems.by_language(value, where)
