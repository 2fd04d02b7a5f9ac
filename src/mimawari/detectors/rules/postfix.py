"""A rule's condition as a small postfix program, for the compiled loop of the prefilter."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.conditions import (
    All,
    AnyOf,
    Choice,
    Condition,
    Not,
    Number,
    Reference,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Operations of a program; the operand of TEXT is an atom, of ALL and ANY a count.
# The prefilter's loop is compiled with these numbers, and numba's cache does not see them change.
TEXT, UNKNOWN, NOT, ALL, ANY = range(5)


def program(
    condition: Condition, atoms: Mapping[Text, int], rules: Mapping[str, Condition]
) -> list[tuple[int, int]]:
    """Translate a condition to postfix operations (operation, operand).

    Examples
    --------
    >>> gun, toy = Text("words", ("gun",)), Text("words", ("toy",))
    >>> program(All((gun, Not(toy))), {gun: 0, toy: 1}, {})
    [(0, 0), (0, 1), (2, 0), (3, 2)]
    """
    match condition:
        case Text():
            return [(TEXT, atoms[condition])]
        case Number() | Choice():
            return [(UNKNOWN, 0)]
        case Reference(rule):
            return program(rules[rule], atoms, rules)
        case Not(part):
            return [*program(part, atoms, rules), (NOT, 0)]
        case All(parts) | AnyOf(parts):
            code = [op for part in parts for op in program(part, atoms, rules)]
            return [*code, (ALL if isinstance(condition, All) else ANY, len(parts))]


def depth(code: Sequence[tuple[int, int]]) -> int:
    """Give the most values that a program holds at once.

    Examples
    --------
    >>> depth([(TEXT, 0), (TEXT, 1), (NOT, 0), (ALL, 2), (TEXT, 2), (ANY, 2)])
    2
    """
    pushed = (1 if op in (TEXT, UNKNOWN) else 0 if op == NOT else 1 - arg for op, arg in code)
    return max(accumulate(pushed), default=0)
