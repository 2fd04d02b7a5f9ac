"""Figures that take longer than a page may: made beside requests, kept as one row each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec
from django.utils import timezone

from mimawari.listings.prices import PriceReference
from mimawari.service.intake.recent import recent_listings
from mimawari.service.monitoring.calibrations import record
from mimawari.service.monitoring.models import KeptFigures
from mimawari.service.monitoring.overview import Overview, overview
from mimawari.service.monitoring.quality import Quality, quality
from mimawari.service.monitoring.worths import TopicWorth, worths
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision

T = TypeVar("T")
DAYS = 28
LISTINGS = 20_000
OFTEN, SELDOM = timedelta(minutes=5), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class DatedFigures(Generic[T]):
    """Figures, and as of when they are."""

    value: T
    at: datetime


@dataclass(frozen=True, slots=True)
class Figures(Generic[T]):
    """Figures that are kept under a name.

    Parameters
    ----------
    make
        Makes them from the store.
    every
        How old they may grow; older ones are made again once anything was decided.
    follow_decisions
        Whether they say the same for as long as nobody decides anything.
    kept
        Is told what was kept, and as of when.
    """

    name: str
    kind: type[T]
    make: Callable[[], T]
    every: timedelta = SELDOM
    follow_decisions: bool = True
    kept: Callable[[T, datetime], object] = lambda value, at: None

    def latest(self) -> DatedFigures[T]:
        """Give what is kept; made at once, and not kept, in a store that nobody tends yet."""
        return self.if_kept() or DatedFigures(self.make(), timezone.now())

    def if_kept(self) -> DatedFigures[T] | None:
        """Give what is kept, and make nothing."""
        row = KeptFigures.objects.filter(pk=self.name).first()
        if row is None:
            return None
        return DatedFigures(msgspec.msgpack.decode(row.body, type=self.kind), row.at)

    def refresh(self, now: datetime, newest: int) -> bool:
        """Make and keep them where that is due; gives whether it was.

        Parameters
        ----------
        newest
            Number of the newest decision.
        """
        kept = KeptFigures.objects.filter(pk=self.name)
        row = kept.values_list("at", "newest").first()
        if row is not None:
            at, seen = row
            if at > now - self.every or (self.follow_decisions and seen == newest):
                return False
        value = self.make()
        body = msgspec.msgpack.encode(value)  # holds NaN, which JSON does not
        if row is None:
            made = {"at": now, "newest": newest, "body": body}
            KeptFigures.objects.get_or_create(pk=self.name, defaults=made)
        else:  # not where they were discarded meanwhile: these say what was there before
            kept.filter(at=row[0]).update(at=now, newest=newest, body=body)
        self.kept(value, now)
        return True


def prices() -> Figures[PriceReference]:
    """Give what goods of the last listings cost."""
    return Figures(
        "prices",
        PriceReference,
        lambda: PriceReference.fit(recent_listings(LISTINGS)),
        OFTEN,
        follow_decisions=False,
    )


def topic_quality(topic: str) -> Figures[Quality]:
    """Give the quality of a topic's labels and list, over the last days."""
    return Figures(
        f"quality {topic}",
        Quality,
        lambda: quality(topic, DAYS),
        kept=lambda made, at: record(topic, made.probabilities, at),
    )


def all_worths() -> Figures[list[TopicWorth]]:
    """Give what the models in force are worth, over the last days."""
    return Figures("worth", list[TopicWorth], lambda: worths(DAYS))


def latest_days() -> Figures[Overview]:
    """Give how moderation fared on the last days; after the quality that its alarms are read of."""
    return Figures("overview", Overview, overview, OFTEN, follow_decisions=False)


def refresh_next(now: datetime | None = None) -> bool:
    """Make again the first figures that are due, so that nothing else waits for all of them."""
    now, decision = now or timezone.now(), _newest_decision()
    figures = _all() if decision else [prices()]
    return any(figures_of_page.refresh(now, decision) for figures_of_page in figures)


def discard() -> set[str]:
    """Delete what is kept, in the transaction that changes what it was made of; gives names."""
    names = set(KeptFigures.objects.values_list("pk", flat=True))
    KeptFigures.objects.all().delete()
    return names


def make_again(names: Collection[str]) -> None:
    """Make and keep what was discarded, where it is still of a topic in force."""
    for figures in _all():
        if figures.name in names:
            figures.refresh(timezone.now(), _newest_decision())


def _newest_decision() -> int:
    return Decision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


AnyFigures = (
    Figures[PriceReference] | Figures[Quality] | Figures[list[TopicWorth]] | Figures[Overview]
)


def _all() -> list[AnyFigures]:
    newest = generations.serving()
    topics = newest.manifest.topic_order if newest else ()
    return [prices(), *(topic_quality(topic) for topic in topics), all_worths(), latest_days()]
