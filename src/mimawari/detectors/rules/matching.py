"""Which rules hold for a listing: one scan for most, a second with places for a few."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mimawari.detectors.rules.automaton import Automaton
from mimawari.detectors.rules.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.rules.compiled import CompiledRule, PatternTable
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.prices import PriceReference

Places = dict[int, list[tuple[int, int]]]


class Matcher:
    """Runs compiled rules over canonical texts."""

    def __init__(
        self, rules: Sequence[CompiledRule], table: PatternTable, prices: PriceReference | None
    ) -> None:
        self.rules = tuple(rules)
        self.prices = prices
        self.automaton = Automaton(tuple(table.numbers), table.owners)
        self.always = [i for i, r in enumerate(rules) if r.always]
        askers: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, rule in enumerate(rules):
            for atom, patterns in rule.patterns.items():
                for pattern in patterns:
                    askers[pattern][i].append(atom)
        self.askers = {p: list(by_rule.items()) for p, by_rule in askers.items()}

    def match(self, batch: ListingBatch, row: int, ratio: float | None = None) -> list[int]:
        """Give the numbers of the rules that hold for one listing, ascending."""
        text = batch.texts.utf8_of(row)
        patterns = self.automaton.which(text)
        if not patterns and not self.always:
            return []
        hits: dict[int, set[int]] = {i: set() for i in self.always}
        for pattern in patterns:
            for rule, atoms in self.askers.get(pattern, ()):
                hits.setdefault(rule, set()).update(atoms)
        facts = Facts(batch.listings[row], self.prices, ratio)
        found = [i for i in sorted(hits) if self.rules[i].decide(hits[i], facts)]
        unsure = [i for i in sorted(hits) if self.rules[i].needs_places and hits[i]]
        if not unsure:
            return found
        return self._with_places(batch, row, text, facts, found, unsure)

    def _with_places(
        self,
        batch: ListingBatch,
        row: int,
        text: bytes,
        facts: Facts,
        found: list[int],
        unsure: list[int],
    ) -> list[int]:
        places = self.places(text)
        title_end = title_bytes(batch, row)
        sure = [i for i in found if i not in set(unsure)]
        for i in unsure:
            rule = self.rules[i]
            if rule.decide(atoms_that_count(rule, places, title_end), facts):
                sure.append(i)
        return sorted(sure)

    def places(self, text: bytes) -> Places:
        """Give the places of every pattern that occurs in a text."""
        places: Places = defaultdict(list)
        for pattern, start, end in self.automaton.where(text):
            places[pattern].append((start, end))
        return places


def title_bytes(batch: ListingBatch, row: int) -> int:
    """Give where the title ends in the UTF-8 of the canonical text."""
    texts, title = batch.texts, len(batch.listings[row].title)
    first, last = texts.starts[row], texts.starts[row + 1]
    inside = int((texts.origins[first:last, 0] < title).sum())
    return len(texts.text(row)[:inside].encode())


def places_that_count(
    rule: CompiledRule, atom: int, places: Places, title_end: int
) -> list[tuple[int, int]]:
    """Give where an atom occurs in its field and outside of the rule's exclusions."""
    field = rule.atoms[atom].field
    excluded = [span for pattern in rule.excluded for span in places.get(pattern, ())]
    return [
        (start, end)
        for pattern in rule.patterns[atom]
        for start, end in places.get(pattern, ())
        if (field != "title" or end <= title_end)
        and (field != "description" or start >= title_end)
        and not any(first <= start and end <= last for first, last in excluded)
    ]


def atoms_that_count(rule: CompiledRule, places: Places, title_end: int) -> set[int]:
    """Give the atoms with at least one place that counts."""
    return {a for a in rule.patterns if places_that_count(rule, a, places, title_end)}
