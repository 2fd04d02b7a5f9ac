"""Counts of a batch or an hour by kind and name, so that streams can be chosen afterwards."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.drift.streams import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.evaluation.drift.streams import Stream

# Names of a kind that are kept: whoever has a hundredth of all is among so many.
MOST_NAMES = 100

Counts = dict[str, dict[str, float]]


class Tally(msgspec.Struct, frozen=True):
    """Sellers of each name of each kind; the names of a kind add up to its sellers."""

    counts: Counts = {}

    def of(self, streams: Sequence[Stream]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give hits and sellers of streams, each of shape (streams,); `streams.count` in parts.

        Examples
        --------
        >>> from mimawari.evaluation.drift.streams import Stream
        >>> tally = Tally({"language": {"ja": 3.0, "en": 2.0, "fr": 1.0}})
        >>> streams = [Stream("language", "ja"), Stream("language", "other"), Stream("price", "x")]
        >>> tally.of(streams)
        (array([3., 3., 0.]), array([6., 6., 0.]))
        """
        named: dict[str, set[str]] = {}
        for stream in streams:
            named.setdefault(stream.kind, set()).add(stream.name)
        hits, sellers = np.zeros(len(streams)), np.zeros(len(streams))
        for i, stream in enumerate(streams):
            counts = self.counts.get(stream.kind, {})
            sellers[i] = sum(counts.values())
            hits[i] = counts.get(stream.name, 0.0)
            if stream.name == OTHER:
                others = named[stream.kind]
                hits[i] += sum(n for name, n in counts.items() if name not in others)
        return hits, sellers


def tally(names: Sequence[Mapping[str, str]], sellers: Sequence[str]) -> Tally:
    """Count a batch, each seller once: who has more listings in it counts in parts.

    Examples
    --------
    >>> ja, en = {"language": "ja"}, {"language": "en"}
    >>> tally([ja, ja, ja, en], ["a", "a", "b", "b"]).counts
    {'language': {'ja': 1.5, 'en': 0.5}}
    """
    listings = Counter(sellers)
    counts: Counts = {}
    for of, seller in zip(names, sellers, strict=True):
        part = 1 / listings[seller]
        for kind, name in of.items():
            mine = counts.setdefault(kind, {})
            mine[name] = mine.get(name, 0.0) + part
    return Tally(counts)


def added(tallies: Iterable[Tally], most: int = MOST_NAMES) -> Tally:
    """Add tallies up; names beyond the most frequent ones of a kind are counted as others.

    Examples
    --------
    >>> added([Tally({"k": {"a": 2.0}}), Tally({"k": {"a": 1.0, "b": 2.0, "c": 1.0}})], 1).counts
    {'k': {'a': 3.0, 'other': 3.0}}
    """
    counts: Counts = {}
    for tally in tallies:
        for kind, names in tally.counts.items():
            mine = counts.setdefault(kind, {})
            for name, n in names.items():
                mine[name] = mine.get(name, 0.0) + n
    return Tally({kind: _trimmed(names, most) for kind, names in counts.items()})


def _trimmed(names: dict[str, float], most: int) -> dict[str, float]:
    if len(names) <= most + 1:
        return names
    known = sorted((name for name in names if name != OTHER), key=lambda name: -names[name])
    kept = {name: names[name] for name in known[:most]}
    kept[OTHER] = sum(names.values()) - sum(kept.values())
    return kept


def decode_tally(text: str) -> Tally:
    """Read counts from JSON."""
    return msgspec.json.decode(text, type=Tally)
