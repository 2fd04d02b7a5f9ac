"""How large rules may grow once the rules and lists they name are written out.

Names make files short: forty rules that each name the one before twice stand for 2^40
conditions. What runs is the written-out form, so that is what is counted, without writing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.conditions import All, AnyOf, Condition, Not
from mimawari.detectors.topicfile.cycles import order_of, references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.detectors.topicfile.problems import Problems

MOST_NODES = 10_000
MOST_NODES_OF_FILE = 100_000
MOST_CHAIN = 12
MOST_WORDS = 100_000


def nodes(condition: Condition) -> int:
    """Count the conditions of a condition, itself among them.

    Examples
    --------
    >>> from mimawari.detectors.topicfile.conditions import Reference
    >>> nodes(All((Reference("a"), Not(Reference("b")))))
    4
    """
    match condition:
        case Not(part):
            return 1 + nodes(part)
        case All(parts) | AnyOf(parts):
            return 1 + sum(map(nodes, parts))
    return 1


def check_references(conditions: Mapping[str, Condition], problems: Problems) -> None:
    """Note circles, chains over `MOST_CHAIN` links and rules over `MOST_NODES` conditions."""
    uses = {name: references(condition) for name, condition in conditions.items()}
    order, circle = order_of(uses)
    if circle:
        problems.add("rules", f"go in a circle: {' -> '.join(circle)}", "remove one of the links")
    sizes: dict[str, int] = {}
    chains: dict[str, int] = {}
    for name in (n for n in order if n in conditions):
        named = [n for n in uses[name] if n in conditions]
        chains[name] = 1 + max((chains[n] for n in named), default=-1)
        sizes[name] = nodes(conditions[name]) + sum(sizes[n] for n in named)
        # A rule that is already refused counts as one, so that the next is not refused for it.
        if chains[name] > MOST_CHAIN:
            remedy = f"let at most {MOST_CHAIN} rules name each other in turn"
            problems.add(f"rules.{name}.when", f"begins a chain of {chains[name]} rules", remedy)
            chains[name] = 0
        if sizes[name] > MOST_NODES:
            problem = f"stands for {sizes[name]:,} conditions with the rules it names"
            problems.add(f"rules.{name}.when", problem, f"at most {MOST_NODES:,}: name fewer rules")
            sizes[name] = 1
    total = sum(sizes.values())
    if total > MOST_NODES_OF_FILE:
        problem = f"stand for {total:,} conditions in all"
        problems.add("rules", problem, f"at most {MOST_NODES_OF_FILE:,}: split the file")


def expand_lists(
    lists: Mapping[str, tuple[str, ...]], problems: Problems
) -> dict[str, tuple[str, ...]]:
    """Write out ``@name`` inside of lists; notes unknown names, circles and sizes."""
    uses = {k: [t[1:] for t in words if t.startswith("@")] for k, words in lists.items()}
    for name, used in uses.items():
        for other in sorted(set(used) - set(lists)):
            problems.add(f"lists.{name}", f"names the unknown list @{other}", "define it")
    order, circle = order_of(uses)
    if circle:
        problems.add("lists", f"go in a circle: {' -> '.join(circle)}", "remove one of the links")
    full: dict[str, tuple[str, ...]] = {}
    total = 0
    for name in (n for n in order if n in lists):
        words: dict[str, None] = {}
        for text in lists[name]:
            words.update(dict.fromkeys(full.get(text[1:], ()) if text.startswith("@") else [text]))
        total += len(words)
        if total > MOST_WORDS:
            problems.add(
                f"lists.{name}", f"is word {total:,} of all lists", f"at most {MOST_WORDS:,}"
            )
            break
        full[name] = tuple(words)
    return {name: full.get(name, ()) for name in lists}
