"""How much is scored on a day, which exploration is relative to; a row a scorer."""

from __future__ import annotations

import secrets
from types import MappingProxyType
from typing import TYPE_CHECKING

from mimawari.alerts.exploration import Volume
from mimawari.service.scoring.models import DayVolume

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

# A usual day is the mean of so many days with listings before today.
USUAL_DAYS = 7


class DayTotal:
    """What was scored on a day."""

    def __init__(self, rows: Iterable[DayVolume] = ()) -> None:
        self.listings, self.seconds = 0, 0.0
        self.tempered: dict[str, float] = {}
        self.rule_listings: dict[str, int] = {}
        for row in rows:
            self.add(row.listings, row.tempered, row.seconds, row.rule_listings)

    def add(
        self,
        listings: int,
        tempered: Mapping[str, float],
        seconds: float = 0.0,
        rule_listings: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Add listings, their tempered scores and rule hits by topic, and the seconds they took."""
        self.listings += listings
        self.seconds += seconds
        for topic, total in tempered.items():
            self.tempered[topic] = self.tempered.get(topic, 0.0) + total
        for topic, count in rule_listings.items():
            self.rule_listings[topic] = self.rule_listings.get(topic, 0) + count


class VolumeCounter:
    """Counts what one scorer scores, in a row of its own: no scorer waits for another.

    What the others counted is as of the last look. A probability need not be the same for all
    scorers, only known for what was drawn with it.
    """

    def __init__(self) -> None:
        self.scorer = secrets.randbits(62)
        self._day: date | None = None
        self._usual: list[DayTotal] = []

    def volumes(self, day: date, listings: int, tempered: dict[str, float]) -> dict[str, Volume]:
        """Give the topics' volumes of a day, with a batch that is not written yet."""
        if day != self._day:
            self._day, self._usual = day, usual_days(day)
        today = DayTotal(DayVolume.objects.filter(day=day))
        today.add(listings, tempered)
        return {topic: self._volume(today, topic) for topic in tempered}

    def add(
        self,
        day: date,
        listings: int,
        tempered: Mapping[str, float],
        seconds: float,
        rule_listings: Mapping[str, int],
        model_seconds: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Count a batch in, within the transaction that writes it.

        Parameters
        ----------
        model_seconds
            What each model took for it.
        """
        mine, _ = DayVolume.objects.get_or_create(day=day, scorer=self.scorer)
        total = DayTotal([mine])
        total.add(listings, tempered, seconds, rule_listings)
        mine.listings, mine.seconds = total.listings, total.seconds
        mine.tempered, mine.rule_listings = total.tempered, total.rule_listings
        for model, more in model_seconds.items():
            asked, took = mine.model_seconds.get(model, (0, 0.0))
            mine.model_seconds[model] = [asked + listings, took + more]
        mine.save()

    def _volume(self, today: DayTotal, topic: str) -> Volume:
        known = [total for total in self._usual if topic in total.tempered]
        listings, tempered = today.listings, today.tempered[topic]
        if not known:
            return Volume(listings, tempered)
        return Volume(
            listings,
            tempered,
            sum(total.listings for total in known) / len(known),
            sum(total.tempered[topic] for total in known) / len(known),
        )


def usual_days(day: date) -> list[DayTotal]:
    """Give the totals of the last days with listings before a day."""
    days = DayVolume.objects.filter(day__lt=day).order_by("-day").values_list("day", flat=True)
    last = list(days.distinct()[:USUAL_DAYS])
    by_day: dict[date, list[DayVolume]] = {earlier: [] for earlier in last}
    for row in DayVolume.objects.filter(day__in=last):
        by_day[row.day].append(row)
    return [DayTotal(rows) for rows in by_day.values()]
