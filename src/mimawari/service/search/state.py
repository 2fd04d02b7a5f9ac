"""How far the index has come: what is missing, how late it is, and beginning anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Max

from mimawari.listings.normalise import default_readings
from mimawari.service.audit.models import Event
from mimawari.service.delivery.sealed_events import sealed_size
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.search.engine import the_index
from mimawari.service.search.models import IndexState

if TYPE_CHECKING:
    from django.db.models import QuerySet

TOKENS = 1
"""Grows with every change of how tokens are made."""
LATE_SECONDS = 10.0
"""From here on whoever searches is told that the index is behind."""
ROW = 1


class Freshness(msgspec.Struct, frozen=True):
    """How complete the index is.

    Parameters
    ----------
    share
        Of the listing versions that were there when all was begun anew, which share is in; from
        0 to 1.
    behind_seconds
        Age of the oldest event that it does not know yet.
    """

    share: float
    behind_seconds: float

    @property
    def whole(self) -> bool:
        """Whether nothing is missing but what came just now."""
        return self.share >= 1 and self.behind_seconds < LATE_SECONDS


def tokens_format() -> str:
    """Name how tokens are made: by which rules, of which readings."""
    return f"{TOKENS} {default_readings().fingerprint}"


def current() -> IndexState | None:
    """Give how far the index has come; None where nothing usable was begun."""
    return IndexState.objects.filter(pk=ROW, format=tokens_format()).first()


def begin_anew() -> IndexState:
    """Empty the index, to be filled from the log.

    What is sealed by now was committed before; all else comes by the ledger.
    """
    with transaction.atomic():
        list(IndexState.objects.select_for_update().filter(pk=ROW))
        place = sealed_size()
        newest = ListingVersion.objects.aggregate(newest=Max("pk"))["newest"] or 0
        the_index().clear()
        state = IndexState(
            pk=ROW,
            format=tokens_format(),
            place=place,
            below=newest + 1 if newest else None,
            whole=newest,
        )
        state.save()
    return state


def freshness() -> Freshness:
    """Say how complete the index is."""
    state = current()
    if state is None:
        newest = ListingVersion.objects.order_by("-pk").values_list("pk", flat=True).first()
        return Freshness(0.0 if newest else 1.0, 0.0)
    share = 1.0 if state.below is None else 1 - (state.below - 1) / max(1, state.whole)
    return Freshness(share, _behind(state))


def waiting() -> int:
    """Count the events that the index does not know, and the versions that are still missing."""
    state = current()
    if state is None:
        return ListingVersion.objects.count()
    missing = ListingVersion.objects.filter(pk__lt=state.below).count() if state.below else 0
    return missing + max(0, sealed_size() - state.place) + _unsealed().count()


def _behind(state: IndexState) -> float:
    """Give the age of the oldest event that was not followed."""
    known = Event.objects.filter(sequence__gte=state.place).order_by("sequence")
    oldest = known.values_list("at", flat=True).first()
    if oldest is None:
        oldest = _unsealed().order_by("id").values_list("at", flat=True).first()
    if oldest is None:
        return 0.0
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=oldest)
    return max(0.0, (clock.database_now() - at).total_seconds())


def _unsealed() -> QuerySet[Event]:
    return Event.objects.filter(sequence=None)
