"""Which rules hold for a listing: one scan for most, a second with places for a few."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.rules.automaton import Automaton
from mimawari.detectors.rules.facts import Facts
from mimawari.detectors.rules.prefilter import BY_PLACES, SURE, Prefilter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.rules.compiled import CompiledRule, PatternTable
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.prices import PriceReference

Places = dict[int, list[tuple[int, int]]]
Bounds = dict[str, tuple[int, int]]


class Matcher:
    """Runs compiled rules over canonical texts: scan, prefilter, decide."""

    def __init__(
        self,
        rules: Sequence[CompiledRule],
        table: PatternTable,
        prices: PriceReference | None,
        cache: Path | None = None,
    ) -> None:
        self.rules = tuple(rules)
        self.prices = prices
        self.automaton = Automaton(tuple(table.numbers), table.owners, table.expressions, cache)
        self.prefilter = Prefilter.of(self.rules, len(table.numbers))

    def match(
        self, batch: ListingBatch, ratios: Mapping[int, float] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give (row, rule) of every rule that holds, by row and then by rule.

        ``ratios`` gives the price over the median for rows that have no real prices.
        """
        hits, bounds = self.automaton.scan_all(batch.texts)
        rows, rules, ways = self.prefilter.candidates(hits, bounds)
        kept = ways == SURE
        for i in np.flatnonzero(~kept).tolist():
            row, rule = int(rows[i]), self.rules[rules[i]]
            facts = Facts(batch.listings[row], self.prices, (ratios or {}).get(row))
            occur = frozenset(hits[bounds[row] : bounds[row + 1]].tolist())
            if ways[i] == BY_PLACES:
                places = self.places(batch.texts.utf8_of(row), rule, occur)
                atoms = atoms_that_count(rule, places, field_bounds(batch, row))
            else:
                atoms = {a for a, patterns in rule.patterns.items() if patterns & occur}
            kept[i] = rule.decide(atoms, facts)
        rows, rules = rows[kept], rules[kept]
        order = np.lexsort((rules, rows))
        return rows[order], rules[order]

    def occurring(self, batch: ListingBatch, row: int) -> frozenset[int]:
        """Give the patterns that occur in a row."""
        hits, bounds = self.automaton.scan_all(batch.texts)
        return frozenset(hits[bounds[row] : bounds[row + 1]].tolist())

    def places(self, text: bytes, rule: CompiledRule, occur: frozenset[int]) -> Places:
        """Give the places of every pattern of a rule, of those that occur in a text."""
        wanted = (occur & rule.excluded).union(*(occur & p for p in rule.patterns.values()))
        places: Places = defaultdict(list)
        for pattern, start, end in self.automaton.where(text, sorted(wanted)):
            places[pattern].append((start, end))
        return places


def field_bounds(batch: ListingBatch, row: int) -> dict[str, tuple[int, int]]:
    """Give where each field begins and ends in the UTF-8 of the canonical text."""
    texts, listing = batch.texts, batch.listings[row]
    text = texts.text(row)
    origins = texts.origins[texts.starts[row] : texts.starts[row + 1], 0]
    end = len(text.encode())

    def before(characters: int) -> int:
        return len(text[: int((origins < characters).sum())].encode())

    title = before(len(listing.title))
    own = before(len(listing.own_text)) if listing.picture_text else end
    return {
        "any": (0, end),
        "title": (0, title),
        "description": (title, own),
        "picture": (own, end),
    }


def places_that_count(
    rule: CompiledRule, atom: int, places: Places, bounds: Bounds
) -> list[tuple[int, int]]:
    """Give where an atom occurs in its field and outside of the rule's exclusions."""
    first_byte, last_byte = bounds[rule.atoms[atom].field]
    excluded = [span for pattern in rule.excluded & places.keys() for span in places[pattern]]
    return [
        (start, end)
        for pattern in rule.patterns[atom] & places.keys()
        for start, end in places[pattern]
        if start >= first_byte and end <= last_byte
        if not any(first <= start and end <= last for first, last in excluded)
    ]


def atoms_that_count(rule: CompiledRule, places: Places, bounds: Bounds) -> set[int]:
    """Give the atoms with at least one place that counts."""
    return {a for a in rule.patterns if places_that_count(rule, a, places, bounds)}
