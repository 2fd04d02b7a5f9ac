"""One rule ready to run: its function, its patterns, and what it excludes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mimawari.detectors.rules.compile_condition import generate, needs_no_text
from mimawari.detectors.rules.patterns import literal
from mimawari.detectors.rules.postfix import program
from mimawari.detectors.topicfile.conditions import All, AnyOf, Condition, Not, Reference, Text
from mimawari.errors import FieldProblem
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mimawari.detectors.rules.compile_condition import Decide
    from mimawari.detectors.topicfile.schema import Rule, TopicFile


SHORTEST_REVERSED = 3


@dataclass(slots=True)
class CompiledRule:
    """A rule with the numbers of its text conditions (atoms) and exclusions.

    Parameters
    ----------
    name, source
        ``topic/rule``, and the name of the file it stands in.
    atoms
        Its text conditions; ``decide`` gets the numbers of those that occur.
    excluded
        Patterns inside of which a match does not count.
    always
        It can hold without any of its texts, so it is asked for every listing.
    """

    name: str
    source: str
    topic: str
    rule: Rule
    atoms: tuple[Text, ...]
    decide: Decide
    program: list[tuple[int, int]]
    always: bool
    excluded: frozenset[int] = frozenset()
    patterns: dict[int, frozenset[int]] = field(default_factory=dict)

    @property
    def reads_fields(self) -> bool:
        """Whether it asks in which field a text occurs."""
        return any(atom.field != "any" for atom in self.atoms)


class PatternTable:
    """Numbers the distinct patterns of all rules and remembers who asked for them."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.expressions: set[str] = set()
        self.problems: list[FieldProblem] = []

    def of_text(self, text: Text, owner: str) -> tuple[int, ...]:
        """Give the numbers of a text condition's patterns."""
        self.note_expressions(text)
        if text.kind == "regex":
            return self.of_patterns(text.patterns, owner)
        if text.kind == "reversed":
            return self.of_words([self._backwards(w, owner) for w in text.patterns], owner)
        return self.of_words(text.patterns, owner)

    def _backwards(self, word: str, owner: str) -> str:
        """Turn a word round in its canonical form; notes those that read alike or are short."""
        folded = canonical(word)
        if len(folded) < SHORTEST_REVERSED or folded == folded[::-1]:
            problem = f"{word!r} cannot be told from other words when it is read backwards"
            remedy = f"name words of {SHORTEST_REVERSED} letters or more that are no palindromes"
            self.problems.append(FieldProblem(owner, problem, remedy))
        return folded[::-1] or word

    def note_expressions(self, text: Text) -> None:
        """Remember which patterns an author wrote, so that the engine may refuse them."""
        if text.kind == "regex":
            self.expressions.update(text.patterns)

    def of_words(self, words: Sequence[str], owner: str) -> tuple[int, ...]:
        """Give the numbers of words or phrases; notes those that the canonical text loses."""
        patterns = {word: literal(word) for word in words}
        for word in (w for w, pattern in patterns.items() if not pattern):
            problem = f"{word!r} is empty in canonical text"
            self.problems.append(FieldProblem(owner, problem, "write letters or digits"))
        return self.of_patterns([p for p in dict.fromkeys(patterns.values()) if p], owner)

    def of_patterns(self, patterns: Sequence[str], owner: str) -> tuple[int, ...]:
        """Give the numbers of patterns; of one that several ask for, the first is its owner."""
        for pattern in patterns:
            self.owners.setdefault(pattern, owner)
        return tuple(self.numbers.setdefault(p, len(self.numbers)) for p in patterns)


def texts_of(condition: Condition, rules: Mapping[str, Condition]) -> Iterator[Text]:
    """Yield the text conditions of a condition, those of rules it names among them."""
    match condition:
        case Text():
            yield condition
        case Not(part):
            yield from texts_of(part, rules)
        case Reference(rule):
            yield from texts_of(rules[rule], rules)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from texts_of(part, rules)


def renumbered(rule: CompiledRule, patterns: Sequence[str], table: PatternTable) -> CompiledRule:
    """Give a rule of the same file, compiled for another table, the numbers of this one.

    Its function counts texts within the rule, so that only the patterns' numbers differ.

    Parameters
    ----------
    patterns
        Those of the other table, by number.
    """
    owner = f"{rule.source}: {rule.name}" if rule.source else rule.name
    excluded = table.of_patterns([patterns[i] for i in sorted(rule.excluded)], f"{owner}.exclude")
    for atom in rule.atoms:
        table.note_expressions(atom)
    return replace(
        rule,
        excluded=frozenset(excluded),
        patterns={
            atom: frozenset(table.of_patterns([patterns[i] for i in sorted(numbers)], owner))
            for atom, numbers in rule.patterns.items()
        },
    )


def compile_rule(topic: TopicFile, rule: Rule, table: PatternTable) -> CompiledRule:
    """Give numbers to a rule's texts and generate its function."""
    name = f"{topic.topic}/{rule.id}"
    owner = f"{topic.source}: {name}" if topic.source else name
    conditions = {r.id: r.when for r in topic.rules}
    atoms = tuple(dict.fromkeys(texts_of(rule.when, conditions)))
    numbers = {atom: i for i, atom in enumerate(atoms)}
    return CompiledRule(
        name=name,
        source=topic.source,
        topic=topic.topic,
        rule=rule,
        atoms=atoms,
        decide=generate(rule.when, numbers, conditions),
        program=program(rule.when, numbers, conditions),
        always=needs_no_text(rule.when, conditions),
        excluded=frozenset(table.of_words(rule.exclude, f"{owner}.exclude")),
        patterns={i: frozenset(table.of_text(atom, owner)) for i, atom in enumerate(atoms)},
    )
