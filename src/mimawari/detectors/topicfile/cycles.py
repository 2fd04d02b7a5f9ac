"""Finds circles of names that refer to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.conditions import All, AnyOf, Condition, Not, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find_cycle(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...] | None:
    """Give one cycle of a graph as its names in order, the first repeated at the end.

    Examples
    --------
    >>> find_cycle({"a": ["b"], "b": ["c"], "c": ["a"]})
    ('a', 'b', 'c', 'a')
    >>> find_cycle({"a": ["b"], "b": []}) is None
    True
    """
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> tuple[str, ...] | None:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return None
        path.append(name)
        for other in edges.get(name, ()):
            cycle = visit(other)
            if cycle:
                return cycle
        path.pop()
        done.add(name)
        return None

    return next((c for c in map(visit, edges) if c), None)


def references(condition: Condition) -> tuple[str, ...]:
    """Give the rules that a condition names."""
    match condition:
        case Reference(rule):
            return (rule,)
        case Not(part):
            return references(part)
        case All(parts) | AnyOf(parts):
            return tuple(name for part in parts for name in references(part))
    return ()
