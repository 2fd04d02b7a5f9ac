"""How sellers stand by recorded policy: trusted or exempt, and which scores then alert nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.db.models import Count, Max

from mimawari.detectors.topicfile.schema import reaches
from mimawari.records.standing import Standing
from mimawari.service.catalogue.models import SellerStanding
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet
    from numpy.typing import NDArray

    from mimawari.records.manifest import TopicEntry

ALL = ""
"""The topic of what policy says of all topics."""


class LastStanding(NamedTuple):
    """What was recorded last of a seller and topic."""

    number: int
    standing: Standing
    expires_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it makes a difference now."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.standing != Standing.CLEARED and not expired


class Standings:
    """How some sellers stand.

    Of what was recorded of a topic and of all topics the later counts, also one that clears.
    """

    def __init__(self, rows: Iterable[tuple[str, str, int, str, datetime | None]] = ()) -> None:
        self._last: dict[tuple[str, str], LastStanding] = {}
        for seller, topic, number, standing, expires_at in rows:
            self._last[seller, topic] = LastStanding(number, Standing(standing), expires_at)

    def __bool__(self) -> bool:
        return bool(self._last)

    def of(self, seller: str, topic: str, now: datetime) -> Standing | None:
        """Say how a seller stands in a topic; None where like any other."""
        recorded = [self._last.get((seller, topic)), self._last.get((seller, ALL))]
        last = max((record for record in recorded if record is not None), default=None)
        return last.standing if last is not None and last.holds(now) else None


def spares(standing: Standing | None, score: float, trusted_from: float) -> bool:
    """Whether a listing of a seller is not alerted for its score.

    Examples
    --------
    >>> spares(None, 0.1, 0.5), spares(Standing.EXEMPT, 0.9, 0.5)
    (False, True)
    >>> spares(Standing.TRUSTED, 0.4, 0.5), spares(Standing.TRUSTED, 0.5, 0.5)
    (True, False)
    """
    if standing == Standing.TRUSTED:
        return not reaches(score, trusted_from)
    return standing == Standing.EXEMPT


class Sparing(NamedTuple):
    """Which scores of a topic alert nobody, as policy says of sellers at a time."""

    topic: str
    standings: Standings
    trusted_from: float
    now: datetime

    @classmethod
    def of(cls, topic: str, entry: TopicEntry, standings: Standings, now: datetime) -> Sparing:
        """Give it by the topic file of a manifest's entry, which is read only where it matters."""
        trusted_from = topic_file_of(topic, entry).trusted_from if standings else 0.0
        return cls(topic, standings, trusted_from, now)

    def by_standing(self, seller: str, score: float) -> Standing | None:
        """Give the standing by which a listing is not alerted for its score; None where it is."""
        standing = self.standings.of(seller, self.topic, self.now)
        return standing if spares(standing, score, self.trusted_from) else None

    def spares(self, seller: str, score: float) -> bool:
        """Whether a listing of a seller is not alerted for its score."""
        return self.by_standing(seller, score) is not None

    def mask(self, sellers: Sequence[str], scores: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Say so of many, shape (n,)."""
        mask = np.zeros(len(sellers), np.bool_)
        if self.standings:
            for row, seller in enumerate(sellers):
                mask[row] = self.spares(seller, float(scores[row]))
        return mask

    def alerting(
        self, sellers: Sequence[str], scores: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """Give the scores, NaN where they alert nobody, shape (n,)."""
        return np.where(self.mask(sellers, scores), np.nan, scores)


def standings_of(sellers: Collection[str]) -> Standings:
    """Read how sellers stand, with one query."""
    named = {seller for seller in sellers if seller}  # erased ones are nobody
    return _read(SellerStanding.objects.filter(seller_id__in=named)) if named else Standings()


def _read(rows: QuerySet[SellerStanding]) -> Standings:
    columns = ("seller_id", "topic", "pk", "standing", "expires_at")
    return Standings(rows.order_by("pk").values_list(*columns))


class StandingFollower(WorkLoop):
    """Holds how all sellers stand, for a process that must not ask the store each time."""

    trouble = "what policy says of sellers could not be read; what was read before counts"

    def __init__(self) -> None:
        super().__init__(idle_seconds=0.5)
        self.standings = Standings()
        self._seen: tuple[int, int] = (0, 0)

    def turn(self) -> bool:
        """Look for news; then pause."""
        self.refresh()
        return False

    def refresh(self) -> None:
        """Read all anew where there is more: a lower number may be committed later."""
        counted = SellerStanding.objects.aggregate(rows=Count("pk"), newest=Max("pk"))
        seen = (counted["rows"], counted["newest"] or 0)
        if seen != self._seen:
            self.standings, self._seen = _read(SellerStanding.objects.all()), seen
