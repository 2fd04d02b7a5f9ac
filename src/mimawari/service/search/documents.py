"""Listing versions as documents, made of what the store holds of them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonicalise
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.search.facets import facets
from mimawari.service.search.index import Entry
from mimawari.service.search.rulings import rulings_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet


def numbers_of(versions: Collection[int]) -> set[int]:
    """Give the listing versions that are there and not erased."""
    return set(_there(versions).values_list("pk", flat=True))


def _there(versions: Collection[int]) -> QuerySet[ListingVersion]:
    return ListingVersion.objects.filter(pk__in=versions).exclude(state=State.ERASED)


def entries_of(versions: Collection[int]) -> list[Entry]:
    """Make the documents of listing versions, of those that are there and not erased."""
    rows = _there(versions)
    columns = ("pk", "seller_id", "payload", "received_at")
    known = list(rows.order_by("pk").values_list(*columns))
    texts = canonicalise(
        [msgspec.json.decode(payload, type=Listing).own_text for _, _, payload, _ in known]
    )
    rulings = rulings_of([number for number, *_ in known])
    return [
        Entry(
            number,
            received_at.date(),
            texts.text(i),
            frozenset(facets(number, seller_id, rulings.get(number, ()))),
        )
        for i, (number, seller_id, _, received_at) in enumerate(known)
    ]
