"""A set of shares as it is watched from batch to batch: learnt anew each day, state as JSON."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.evaluation.drift.detector import NONE, Detector
from mimawari.evaluation.drift.reference import UNKNOWN, Cycles, Reference, fit
from mimawari.evaluation.drift.rule import Rule
from mimawari.evaluation.drift.streams import LEAST_SHARE, MOST, OTHER, Stream, weights
from mimawari.evaluation.drift.tally import Tally, added

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY = 24
# Hours that a reference is learnt from; and from how many of them on it is trusted: of a watch
# that begins, and of a share whose level is new, which has its days and its weekend then.
PAST, LEAST_PAST = 14 * DAY, 7 * DAY
# Evidence that comes and goes without any change: what began since it was lower is the change.
ROSE = math.log(30.0)


class StreamState(msgspec.Struct):
    """What is known of a share.

    Parameters
    ----------
    since
        The first hour of its level; after a change was told, that of the change.
    log_evidence
        A number a bet.
    rose, hits, sellers
        Since when its evidence is more than chance gathers, and what was counted since.
    """

    kind: str
    name: str
    since: int
    log_evidence: list[float]
    rose: float
    hits: float = 0.0
    sellers: float = 0.0

    @property
    def stream(self) -> Stream:
        """Which share."""
        return Stream(self.kind, self.name)


class WatchState(msgspec.Struct):
    """All that has to be kept of a watch beside its hourly counts.

    Parameters
    ----------
    day
        The day, counted as hours are, before which the reference was learnt; None before that.
    first
        The first hour that was counted.
    kinds
        The first hour of each kind.
    """

    day: int | None = None
    first: int | None = None
    kinds: dict[str, int] = {}
    streams: list[StreamState] = []


class Change(msgspec.Struct, frozen=True):
    """A change that is told.

    Parameters
    ----------
    before, after
        The share as it should be, and as it was since ``since``, an hour.
    low, high
        Between which it would be no change.
    """

    stream: Stream
    before: float
    after: float
    low: float
    high: float
    since: float
    sellers: float


class Watch:
    """Shares that are watched together; `learn` each day, `step` each batch.

    Parameters
    ----------
    fixed
        Names of a kind that are all watched, however rare; of other kinds the frequent ones are.
    rule
        How often all of them together may be wrong.

    Examples
    --------
    >>> watch = Watch(WatchState())
    >>> watch.step(Tally({"language": {"ja": 45.0, "en": 55.0}}), 0.5)
    []
    >>> watch.state.first, watch.learning_until
    (0, 336)
    """

    def __init__(
        self,
        state: WatchState,
        past: Mapping[int, Tally] | None = None,
        fixed: Sequence[str] = (),
        rule: Rule | None = None,
    ) -> None:
        self.state, self.rule, self.fixed = state, rule or Rule(), tuple(fixed)
        self._parts: list[tuple[list[int], Cycles]] = []
        self._at: tuple[int, Reference] | None = None
        self._take_up(past or {})

    @property
    def learning_until(self) -> int | None:
        """The hour from which on shares are watched; None where some are, or nothing came yet."""
        if self._parts or self.state.first is None:
            return None
        return self.state.first + PAST

    @property
    def watched(self) -> set[int]:
        """Places of the streams that have a reference."""
        return {i for places, _ in self._parts for i in places}

    def due(self, hour: float) -> bool:
        """Whether a day began since the reference was learnt."""
        return self.state.day is None or hour // DAY > self.state.day

    def learn(self, past: Mapping[int, Tally], hour: float) -> None:
        """Choose the streams and learn their reference from hours before today.

        Parameters
        ----------
        past
            Counts by hour, of the last two weeks at least; what is younger than today is left out.
        """
        state, day = self.state, int(hour // DAY)
        state.day = day
        known = {stream.stream: stream for stream in state.streams}
        chosen = self._choose([tally for h, tally in past.items() if _within(h, day)])
        none = [NONE] * len(self.rule.odds)
        state.streams = [
            known.get(stream)
            or StreamState(stream.kind, stream.name, state.kinds[stream.kind], none[:], hour)
            for stream in chosen
        ]
        self._take_up(past)

    def step(self, batch: Tally, hour: float) -> list[Change]:
        """Take a batch that came at an hour; give the changes that are told now."""
        state = self.state
        if state.first is None:
            state.first = int(hour)
        for kind in batch.counts:
            state.kinds.setdefault(kind, int(hour))
        if not self._parts:
            return []
        hits, sellers = batch.of([stream.stream for stream in state.streams])
        usual = self.usual(hour)
        changed = self._detector.step(hits, sellers, usual)
        evidence = self._detector.by_stream
        changes = []
        for i, stream in enumerate(state.streams):
            stream.hits += float(hits[i])
            stream.sellers += float(sellers[i])
            if changed[i]:
                changes.append(self._change(stream, usual, i))
                stream.since = int(hour) + 1
            if changed[i] or evidence[i] < ROSE:
                stream.rose, stream.hits, stream.sellers = hour, 0.0, 0.0
        if changes:
            self._parts = [
                (kept, cycles.only([places.index(i) for i in kept]))
                for places, cycles in self._parts
                if (kept := [i for i in places if not changed[i]])
            ]
            self._at = None
        return changes

    def kept(self) -> WatchState:
        """Give the state, with the evidence as it is now."""
        for i, stream in enumerate(self.state.streams):
            stream.log_evidence = [round(x, 6) for x in self._detector.log_evidence[:, i].tolist()]
        return self.state

    def usual(self, hour: float) -> Reference:
        """Give what each share should be in the hour; unknown where it is not watched."""
        whole = int(hour)
        if self._at is None or self._at[0] != whole:
            share = np.full(len(self.state.streams), 0.5)
            error = np.full(len(share), UNKNOWN)
            for places, cycles in self._parts:
                reference = cycles.at(whole + 0.5)
                share[places], error[places] = reference.share, reference.error
            self._at = whole, Reference(share, error)
        return self._at[1]

    def _choose(self, hours: Sequence[Tally]) -> list[Stream]:
        chosen: list[Stream] = []
        for kind, names in sorted(added(hours).counts.items()):
            least = LEAST_SHARE * sum(names.values())
            often = sorted((n for n in names if n != OTHER), key=lambda n: (-names[n], n))[:MOST]
            kept = sorted(name for name in often if names[name] >= least)
            chosen += [Stream(kind, name) for name in self.fixed or (*kept, OTHER)]
        return chosen

    def _take_up(self, past: Mapping[int, Tally]) -> None:
        """Fit what is known for long enough; streams of one kind and beginning together."""
        streams, state = self.state.streams, self.state
        groups: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for i, stream in enumerate(streams):
            groups[stream.kind, stream.since].append(i)
        self._parts, self._at = [], None
        for (_, since), places in groups.items():
            assert state.day is not None
            first = since == state.first
            if state.day * DAY - since < (PAST if first else LEAST_PAST):
                continue
            hours = sorted(h for h in past if _within(h, state.day) and h >= since)
            counts = [past[h].of([stream.stream for stream in streams]) for h in hours]
            sellers = [float(n[places[0]]) for _, n in counts]
            if any(sellers):
                at = [h + 0.5 for h in hours]
                self._parts.append((places, fit([x[places] for x, _ in counts], sellers, at)))
        if streams:
            evidence = np.array([stream.log_evidence for stream in streams]).T
            shares = weights([stream.stream for stream in streams])
            self._detector = Detector(shares, self.rule, evidence)
        else:
            self._detector = Detector([1.0], self.rule)

    def _change(self, stream: StreamState, usual: Reference, i: int) -> Change:
        before = float(usual.share[i])
        room = math.log(self.rule.tolerance)
        low, high = (_shifted(before, room * sign) for sign in (-1, 1))
        after = stream.hits / stream.sellers if stream.sellers else before
        return Change(stream.stream, before, after, low, high, stream.rose, stream.sellers)


def _within(hour: int, day: int) -> bool:
    return day * DAY - PAST <= hour < day * DAY


def _shifted(share: float, room: float) -> float:
    odds = share / (1 - share) * math.exp(room)
    return odds / (1 + odds)


def decode_state(text: str) -> WatchState:
    """Read a watch's state from JSON."""
    return msgspec.json.decode(text, type=WatchState)
