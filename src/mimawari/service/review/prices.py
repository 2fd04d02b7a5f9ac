"""What goods usually cost, fitted beside the requests that show it."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from mimawari.listings.prices import PriceReference
from mimawari.service.ops.commands import recent_listings
from mimawari.service.review.models import FittedPrices

if TYPE_CHECKING:
    from datetime import datetime

LISTINGS = 20_000
KEPT = timedelta(minutes=5)
ROW = 1


def refresh(now: datetime | None = None) -> bool:
    """Fit the prices of recent listings and keep them, where that is due; gives whether it was."""
    now = now or timezone.now()
    if FittedPrices.objects.filter(pk=ROW, fitted_at__gt=now - KEPT).exists():
        return False
    reference = PriceReference.fit(recent_listings(LISTINGS))
    FittedPrices.objects.update_or_create(
        pk=ROW, defaults={"fitted_at": now, "reference": reference.to_json().decode()}
    )
    return True


def prices() -> PriceReference:
    """Give the prices that were fitted last; none yet in a store that nobody tends."""
    text = FittedPrices.objects.filter(pk=ROW).values_list("reference", flat=True).first()
    return PriceReference({}) if text is None else _read(text)


@functools.lru_cache(maxsize=2)
def _read(text: str) -> PriceReference:
    return PriceReference.from_json(text.encode())
