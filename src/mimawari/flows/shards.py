"""Topics shared among tasks: a task costs most of a second before it does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def shards(sizes: Mapping[str, int], count: int) -> list[list[str]]:
    """Share topics so that no task has much more to learn from than another.

    The largest first, each to the task that has least so far (Graham 1969): no task gets more
    than 4/3 of what the best sharing would give the largest.

    Examples
    --------
    >>> shards({"weapons": 900, "drugs": 500, "cash": 300, "tobacco": 200}, 2)
    [['weapons'], ['drugs', 'cash', 'tobacco']]
    >>> shards({"weapons": 900}, 4)
    [['weapons']]
    """
    parts: list[list[str]] = [[] for _ in range(min(max(count, 1), len(sizes)))]
    loads = [0] * len(parts)
    for topic in sorted(sizes, key=lambda topic: (-sizes[topic], topic)):
        least = loads.index(min(loads))
        parts[least].append(topic)
        loads[least] += sizes[topic]
    return parts
