"""What strikes against sellers weigh together, as they come and go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import Sum

from mimawari.service.actions.models import Strike

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class StrikeTotals:
    """Weights of sellers' strikes as of a time; strikes of dry runs count in dry runs only."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._weights: Counter[tuple[str, bool]] = Counter()

    def read(self, sellers: Iterable[str]) -> None:
        """Add up what counts against sellers now."""
        named = {seller for seller in sellers if seller}
        if not named:
            return
        rows = Strike.objects.filter(
            listing_version__seller_id__in=named,
            reverses=None,
            reversed_by=None,
            expires_at__gt=self._now,
        )
        sums = rows.order_by().values_list("listing_version__seller_id", "dry_run")
        for seller, dry_run, weight in sums.annotate(Sum("weight")):
            self._weights[seller, dry_run] = weight

    def add(self, seller: str, dry_run: bool, weight: int) -> None:
        """Let a strike count from now on; with a negative weight no more."""
        self._weights[seller, dry_run] += weight

    def of(self, seller: str, dry_run: bool) -> int:
        """Give what counts against a seller."""
        total = self._weights[seller, False]
        return total + self._weights[seller, True] if dry_run else total
