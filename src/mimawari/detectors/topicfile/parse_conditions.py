"""Turn the tables of a rule into conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.conditions import (
    CHOICE_KINDS,
    FIELDS,
    NUMBER_KINDS,
    TEXT_KINDS,
    All,
    AnyOf,
    Choice,
    Condition,
    Not,
    Number,
    Reference,
    Text,
)
from mimawari.detectors.topicfile.expression_size import positions
from mimawari.detectors.topicfile.problems import Problems, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = (*TEXT_KINDS, *NUMBER_KINDS, *CHOICE_KINDS, "attribute", "rule", "all", "any", "not")
MOST_DEPTH = 12
MOST_PARTS = 1_000
MOST_EXPRESSION = 1_000
MOST_POSITIONS = 2_000
MOST_POSITIONS_OF_FILE = 50_000
MOST_TEXTS = 500_000
MOST_NUMBER = 10**15
NEVER = AnyOf(())


class ConditionParser:
    """Parses the conditions of one file; word lists are expanded while reading."""

    def __init__(self, lists: Mapping[str, tuple[str, ...]], problems: Problems) -> None:
        self.lists = lists
        self.problems = problems
        self.positions = 0  # of all expressions so far, repetitions written out
        self.texts = 0  # words of all conditions so far, lists written out

    def parse(self, table: object, where: str, depth: int = 0) -> Condition:
        """Parse one table, which holds exactly one kind of condition."""
        if depth > MOST_DEPTH:
            self.problems.add(where, f"is nested over {MOST_DEPTH} deep", "split the rule")
            return NEVER
        if not isinstance(table, dict):
            self.problems.add(where, f"is {shown(table)}", "write a table such as {words = [...]}")
            return NEVER
        self.problems.known_keys(table, (*KINDS, "field"), where)
        kinds = [k for k in KINDS if k in table]
        if len(kinds) != 1:
            problem = "holds none of them" if not kinds else f"holds {' and '.join(kinds)}"
            self.problems.add(where, problem, f"give exactly one of {', '.join(KINDS)}")
            return NEVER
        kind = kinds[0]
        return self._condition(kind, table, f"{where}.{kind}", depth)

    def _condition(
        self, kind: str, table: Mapping[str, object], where: str, depth: int
    ) -> Condition:
        value = table[kind]
        if kind in TEXT_KINDS:
            return self._text(kind, table, where)
        if kind in NUMBER_KINDS:
            return self._number(kind, value, where)
        if kind in CHOICE_KINDS:
            return Choice(kind, self._some(value, where))
        if kind == "attribute":
            return self._attribute(value, where)
        if kind == "rule":
            return Reference(self.problems.text(table, "rule", where, required=True))
        if kind == "not":
            return Not(self.parse(value, where, depth + 1))
        if not isinstance(value, list) or not value:
            self.problems.add(where, f"is {shown(value)}", "write a list of conditions")
            return NEVER
        if len(value) > MOST_PARTS:
            problem = f"has {len(value):,} parts"
            self.problems.add(where, problem, f"at most {MOST_PARTS:,}: use word lists")
            return NEVER
        parts = tuple(self.parse(v, f"{where}[{i}]", depth + 1) for i, v in enumerate(value))
        return All(parts) if kind == "all" else AnyOf(parts)

    def _text(self, kind: str, table: Mapping[str, object], where: str) -> Condition:
        field = table.get("field", "any")
        if field not in FIELDS:
            self.problems.add(where, f"has field {shown(field)}", f"use {', '.join(FIELDS)}")
        patterns: list[str] = []
        for text in self._some(table[kind], where):
            if kind != "regex" and text.startswith("@") and text[1:] in self.lists:
                patterns.extend(self.lists[text[1:]])
            elif kind != "regex" and text.startswith("@"):
                known = ", ".join(sorted(self.lists)) or "none"
                self.problems.add(where, f"names the unknown list {text}", f"known: {known}")
            else:
                patterns.append(text)
        self._check_size(kind, patterns, where)
        return Text(kind, tuple(dict.fromkeys(patterns)), str(field))

    def _some(self, value: object, where: str) -> tuple[str, ...]:
        if value == []:
            self.problems.add(where, "is empty", "write a list of texts")
            return ()
        return self.problems.texts(value, where)

    def _check_size(self, kind: str, patterns: list[str], where: str) -> None:
        for pattern in patterns:
            if kind == "regex" and len(pattern) > MOST_EXPRESSION:
                problem = f"holds {len(pattern):,} characters in one expression"
                self.problems.add(where, problem, f"at most {MOST_EXPRESSION:,}")
            elif kind == "regex":
                self._check_positions(pattern, where)
        before, self.texts = self.texts, self.texts + len(patterns)
        if before <= MOST_TEXTS < self.texts:
            problem = f"is where the file passes {MOST_TEXTS:,} words, lists written out"
            self.problems.add(where, problem, "let one rule hold the list and name the rule")

    def _check_positions(self, pattern: str, where: str) -> None:
        size = positions(pattern)
        if size > MOST_POSITIONS:
            problem = f"stands for {size:,} characters with its repetitions in {pattern[:40]!r}"
            self.problems.add(where, problem, f"at most {MOST_POSITIONS:,}: repeat less")
        before, self.positions = self.positions, self.positions + size
        if before <= MOST_POSITIONS_OF_FILE < self.positions:
            problem = f"is where expressions pass {MOST_POSITIONS_OF_FILE:,} characters in all"
            self.problems.add(where, problem, "write words as words, or split the file")

    def _number(self, kind: str, value: object, where: str) -> Condition:
        if not isinstance(value, dict):
            self.problems.add(where, f"is {shown(value)}", "write {below = ..., above = ...}")
            return NEVER
        keys = ("below", "above", "currency") if kind == "price" else ("below", "above")
        self.problems.known_keys(value, keys, where)
        bounds = [self._bound(value.get(key), f"{where}.{key}") for key in ("below", "above")]
        if bounds == [None, None]:
            self.problems.add(where, "has no bound", "give below, above or both")
        currency = value.get("currency")
        if kind == "price" and not (isinstance(currency, str) and len(currency) == 3):
            self.problems.add(f"{where}.currency", f"is {shown(currency)}", 'write one, as "JPY"')
        return Number(kind, bounds[0], bounds[1], currency if kind == "price" else None)

    def _bound(self, value: object, where: str) -> float | None:
        if value is None:
            return None
        is_bool = isinstance(value, bool)  # an int to Python
        if isinstance(value, int | float) and not is_bool and abs(value) <= MOST_NUMBER:
            return float(value)
        self.problems.add(where, f"is {shown(value)}", "write a number")
        return None

    def _attribute(self, value: object, where: str) -> Condition:
        if not isinstance(value, dict):
            self.problems.add(where, f"is {shown(value)}", "write {name = ..., any_of = [...]}")
            return NEVER
        self.problems.known_keys(value, ("name", "any_of"), where)
        name = self.problems.text(value, "name", where, required=True)
        return Choice("attribute", self._some(value.get("any_of"), f"{where}.any_of"), name)
