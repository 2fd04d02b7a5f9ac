"""Which rules could hold for which listings, from pattern hits alone, in one compiled loop.

Most pattern hits lead nowhere: "case" or "book" occur in many listings and only matter beside
another word. Each rule's condition is a small postfix program over intervals of truth
``(surely, possibly)``: a text that occurs is (1, 1), one that may yet be excluded (0, 1),
anything asked of numbers and fields (0, 1). A text may be excluded only where one of its rule's
exclusions occurs, so most rules are surely true or surely false by this alone. Those that are
possibly true are then decided exactly, by their own function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.compiled import counting, fast
from mimawari.detectors.rules.postfix import ALL, NOT, TEXT, UNKNOWN, depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.rules.compiled import CompiledRule

    Ints = NDArray[np.int32]
    Bools = NDArray[np.bool_]

EXCLUSION = -1
SURE, BY_TEXTS, BY_PLACES = 0, 1, 2
"""How a rule that could hold is decided: it holds; by which texts occur; by where they do."""


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Programs of all rules, and who asked for each pattern, as flat arrays.

    A rule asks for its exclusions as for atoms, by the number `EXCLUSION`.
    """

    code: Ints
    code_starts: Ints
    asker_starts: Ints
    asker_rules: Ints
    asker_atoms: Ints
    in_fields: Bools
    always: Ints
    atoms: int
    stack: int

    @classmethod
    def of(cls, rules: Sequence[CompiledRule], patterns: int) -> Prefilter:
        """Lay out the programs; atoms are numbered through all rules."""
        code: list[tuple[int, int]] = []
        starts, base = [0], 0
        askers: list[list[tuple[int, int]]] = [[] for _ in range(patterns)]
        for number, rule in enumerate(rules):
            code += [(op, arg + base if op == TEXT else arg) for op, arg in rule.program]
            starts.append(len(code))
            for atom, wanted in rule.patterns.items():
                for pattern in sorted(wanted):
                    askers[pattern].append((number, atom + base))
            for pattern in sorted(rule.excluded):
                askers[pattern].append((number, EXCLUSION))
            base += len(rule.atoms)
        flat = np.array([pair for a in askers for pair in a], np.int32).reshape(-1, 2)
        return cls(
            np.array(code, np.int32).reshape(-1, 2),
            np.array(starts, np.int32),
            np.cumsum([0, *map(len, askers)]).astype(np.int32),
            flat[:, 0].copy(),
            flat[:, 1].copy(),
            np.array([r.reads_fields for r in rules], np.bool_),
            np.array([i for i, r in enumerate(rules) if r.always], np.int32),
            base,
            max((depth(r.program) for r in rules), default=0) + 1,
        )

    def candidates(self, hits: Ints, starts: NDArray[np.int64]) -> tuple[Ints, Ints, Ints]:
        """Give (row, rule, how it is decided) of the rules that could hold.

        Parameters
        ----------
        hits, starts
            Patterns that occur in row ``i``: ``hits[starts[i]:starts[i + 1]]``.
        """
        possible: tuple[Ints, Ints, Ints] = _candidates(
            hits, starts, self.code, self.code_starts, self.asker_starts, self.asker_rules,
            self.asker_atoms, self.in_fields, self.always, self.atoms, self.stack,
        )  # fmt: skip
        return possible


@fast
def _truth(code, first, last, stamp, row, unsure, low, high):
    """Run one program; whether its condition is surely and possibly true."""
    top = 0
    for i in range(first, last):
        op, arg = code[i, 0], code[i, 1]
        if op == TEXT:
            occurs = stamp[arg] == row
            low[top], high[top] = occurs and not unsure, occurs
            top += 1
        elif op == UNKNOWN:
            low[top], high[top] = False, True
            top += 1
        elif op == NOT:
            low[top - 1], high[top - 1] = not high[top - 1], not low[top - 1]
        else:
            both = op == ALL
            surely, possibly = both, both
            for j in range(top - arg, top):
                surely = (surely and low[j]) if both else (surely or low[j])
                possibly = (possibly and high[j]) if both else (possibly or high[j])
            top -= arg
            low[top], high[top] = surely, possibly
            top += 1
    return low[0], high[0]


@counting
def _candidates(
    hits, starts, code, code_starts, asker_starts, asker_rules, asker_atoms, in_fields, always,
    atoms, stack,
):  # fmt: skip
    rows, rules = [np.int32(0) for _ in range(0)], [np.int32(0) for _ in range(0)]
    ways = [np.int32(0) for _ in range(0)]
    stamp = np.full(atoms, -1, np.int64)
    seen = np.full(len(code_starts) - 1, -1, np.int64)
    excluded = np.full(len(code_starts) - 1, -1, np.int64)
    touched = np.empty(len(code_starts) - 1, np.int32)
    low, high = np.empty(stack, np.bool_), np.empty(stack, np.bool_)
    for row in range(len(starts) - 1):
        n = 0
        for rule in always:
            seen[rule] = row
            touched[n] = rule
            n += 1
        for h in range(starts[row], starts[row + 1]):
            for a in range(asker_starts[hits[h]], asker_starts[hits[h] + 1]):
                if asker_atoms[a] == EXCLUSION:
                    excluded[asker_rules[a]] = row
                    continue
                stamp[asker_atoms[a]] = row
                if seen[asker_rules[a]] != row:
                    seen[asker_rules[a]] = row
                    touched[n] = asker_rules[a]
                    n += 1
        for t in range(n):
            rule = touched[t]
            first, last = code_starts[rule], code_starts[rule + 1]
            unsure = in_fields[rule] or excluded[rule] == row
            surely, possibly = _truth(code, first, last, stamp, row, unsure, low, high)
            if possibly:
                rows.append(np.int32(row))
                rules.append(rule)
                ways.append(np.int32(SURE if surely else BY_PLACES if unsure else BY_TEXTS))
    return np.array(rows, np.int32), np.array(rules, np.int32), np.array(ways, np.int32)
