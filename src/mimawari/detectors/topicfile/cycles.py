"""Which names refer to which: an order that puts the named first, or a circle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.conditions import All, AnyOf, Condition, Not, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def order_of(edges: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Order names so that each follows those it refers to; or give one circle of them.

    Returns
    -------
    order, circle
        One of them is empty; a circle repeats its first name at the end.

    Examples
    --------
    >>> order_of({"a": ["b"], "b": ["c"], "c": []})
    (('c', 'b', 'a'), ())
    >>> order_of({"a": ["b"], "b": ["a"]})[1] in {("a", "b", "a"), ("b", "a", "b")}
    True
    """
    try:
        return tuple(TopologicalSorter(edges).static_order()), ()
    except CycleError as error:
        # It lists each name before those that refer to it; readers follow the references.
        return (), tuple(reversed(error.args[1]))


def references(condition: Condition) -> tuple[str, ...]:
    """Give the rules that a condition names, each as often as it does."""
    match condition:
        case Reference(rule):
            return (rule,)
        case Not(part):
            return references(part)
        case All(parts) | AnyOf(parts):
            return tuple(name for part in parts for name in references(part))
    return ()
