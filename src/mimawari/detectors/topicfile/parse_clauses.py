"""Reads the clauses of a policy: what a violation may be said to break."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.problems import shown
from mimawari.detectors.topicfile.schema import Clause, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mimawari.detectors.topicfile.problems import Problems
    from mimawari.detectors.topicfile.schema import Rule

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
KEYS = ("key", "severity", "text")
# The review page has a digit for each.
MOST = 9
MOST_TEXT = 500


def parse_clauses(table: Mapping[str, object], problems: Problems) -> tuple[Clause, ...]:
    """Read ``[[clauses]]``; none where there are none."""
    raw = table.get("clauses", [])
    if not isinstance(raw, list):
        problems.add("clauses", f"is {shown(raw)}", "write [[clauses]] before each clause")
        return ()
    if len(raw) > MOST:
        problems.add("clauses", f"are {len(raw)}", f"at most {MOST}: each has a digit as its key")
    clauses = tuple(_clause(raw[i], i, problems) for i in range(min(len(raw), MOST)))
    keys = Counter(clause.key for clause in clauses)
    for key in (key for key, count in keys.items() if key and count > 1):
        problems.add(f"clauses.{key}", "stands twice", "give each clause its own key")
    return clauses


def check_clauses_of(rules: Iterable[Rule], clauses: Iterable[Clause], problems: Problems) -> None:
    """Note every rule that names a clause which the file does not have."""
    keys = [clause.key for clause in clauses]
    for rule in rules:
        if rule.clause and rule.clause not in keys:
            remedy = f"use {', '.join(keys)}" if keys else "write [[clauses]] first"
            problems.add(f"rules.{rule.id}.clause", f"is {rule.clause[:40]!r}", remedy)


def _clause(raw: object, index: int, problems: Problems) -> Clause:
    if not isinstance(raw, dict):
        problems.add(f"clauses[{index}]", f"is {shown(raw)}", "write a table")
        raw = {}
    key = problems.text(raw, "key", f"clauses[{index}]", required=True)
    where = f"clauses.{key[:40] or index}"
    if key and not KEY.fullmatch(key):
        problems.add(f"{where}.key", "is malformed", "use 2 to 40 of a-z, 0-9 and _")
    problems.known_keys(raw, KEYS, where)
    return Clause(key, _texts(raw.get("text"), where, problems), _severity(raw, where, problems))


def _texts(raw: object, where: str, problems: Problems) -> dict[str, str]:
    if not isinstance(raw, dict) or not raw:
        problems.add(f"{where}.text", "is missing", 'write text = { en = "..." }')
        return {}
    texts = problems.by_language(raw, f"{where}.text")
    for language, text in texts.items():
        if len(text) > MOST_TEXT:
            problem = f"has {len(text)} characters"
            problems.add(f"{where}.text.{language[:20]}", problem, f"at most {MOST_TEXT}")
    return texts


def _severity(raw: Mapping[str, object], where: str, problems: Problems) -> Severity | None:
    value = raw.get("severity")
    if value is None or value in tuple(Severity):
        return None if value is None else Severity(str(value))
    problems.add(f"{where}.severity", f"is {shown(value)}", f"use {', '.join(Severity)}")
    return None
