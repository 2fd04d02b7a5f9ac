"""Strikes against sellers: one a listing and topic, for a time; enough of them restrict."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Sum

from mimawari.service.actions.models import Strike
from mimawari.service.actions.ruling import Finding
from mimawari.service.actions.strike_book import StrikeBook, weight_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from mimawari.service.actions.board import Board
    from mimawari.service.actions.ruling import Ruling


def follow(board: Board, rulings: Sequence[Ruling], now: datetime) -> None:
    """Give sellers strikes for what was decided, or take them back; restrict, or lift that.

    The board holds the sellers' locks: of two decisions at once the second counts both.
    """
    settled = [r for r in rulings if r.finding not in (Finding.UNCONFIRMED, Finding.DISPUTED)]
    if not settled:
        return
    book, given = StrikeBook(board, now), _given(settled, now)
    counted = [(ruling, given[ruling.version.listing_id, ruling.topic]) for ruling in settled]
    changing = [
        ruling.version.seller_id
        for ruling, strikes in counted
        if (strikes if ruling.finding == Finding.CLEAR else weight_of(ruling) and not strikes)
    ]
    book.read(changing)
    for ruling, strikes in counted:
        if ruling.finding == Finding.VIOLATES:
            if ruling.version.seller_id and not strikes:
                book.give(ruling)
            continue
        for strike in strikes:
            if strike.listing_version.version <= ruling.version.version:
                book.take_back(ruling, strike)
    book.write()


def _given(rulings: Sequence[Ruling], now: datetime) -> Mapping[tuple[str, str], list[Strike]]:
    """Give the strikes that count for listings, by listing and topic."""
    rows = Strike.objects.filter(
        listing_version__listing_id__in={ruling.version.listing_id for ruling in rulings},
        topic__in={ruling.topic for ruling in rulings},
        reverses=None,
        reversed_by=None,
        expires_at__gt=now,
    )
    given = defaultdict(list)
    rows = rows.select_related("listing_version").defer("listing_version__payload")
    for strike in rows.order_by("pk"):
        given[strike.listing_version.listing_id, strike.topic].append(strike)
    return given


def standing(seller: str, now: datetime) -> QuerySet[Strike]:
    """Give the strikes that count against a seller now."""
    return Strike.objects.filter(
        listing_version__seller_id=seller, reverses=None, reversed_by=None, expires_at__gt=now
    )


def total_of(seller: str, now: datetime, dry_run: bool = False) -> int:
    """Add up the strikes of a seller; those of dry runs count in dry runs only."""
    counted = standing(seller, now)
    if not dry_run:
        counted = counted.filter(dry_run=False)
    total: int | None = counted.aggregate(total=Sum("weight"))["total"]
    return total or 0


class StrikeStanding(msgspec.Struct, frozen=True):
    """A strike that counts now, and the listing that it is for."""

    id: int
    listing: str
    topic: str
    severity: str
    weight: int
    decision: int
    dry_run: bool
    at: datetime
    expires_at: datetime


def listed(seller: str, now: datetime) -> list[StrikeStanding]:
    """Give the strikes that count against a seller now, newest first."""
    names = ("id", "listing_version__listing_id", "topic", "severity", "weight")
    rest = ("decision", "dry_run", "at", "expires_at")
    rows = standing(seller, now).order_by("-id").values_list(*names, *rest)
    return [StrikeStanding(*row) for row in rows]
