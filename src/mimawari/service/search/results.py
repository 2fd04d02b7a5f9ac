"""Pages of results: what is shown of a listing version to whoever asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec
from django.contrib.auth.models import User

from mimawari.listings.listing import Listing
from mimawari.service.accounts.permissions import Permission
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.search import cursor
from mimawari.service.search.engine import the_index
from mimawari.service.search.index import EXACT_TO, NEWEST
from mimawari.service.search.query import judges_alone, wanted_by
from mimawari.service.search.rulings import rulings_of
from mimawari.service.search.state import Freshness, freshness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.search.query import Query
    from mimawari.service.search.rulings import Ruling

USUAL, MOST = 25, 100


class Count(msgspec.Struct, frozen=True):
    """How many match: exactly so many, or more than so many."""

    relation: Literal["exactly", "more_than"]
    value: int


class ModeratorSaid(msgspec.Struct, frozen=True):
    """A decision that stands: ``moderator`` is a pseudonym, or a name to those who see names."""

    verdict: str
    moderator: str


class FoundTopic(msgspec.Struct, frozen=True):
    """What is known of a listing version and topic, to whoever asks."""

    topic: str
    waits: bool
    decisions: list[ModeratorSaid]
    actions: list[str]


class FoundListing(msgspec.Struct, frozen=True):
    """A listing version that matches."""

    listing_id: str
    version: int
    seller_id: str
    title: str
    received_at: datetime
    state: str
    topics: list[FoundTopic]


class FoundPage(msgspec.Struct, frozen=True):
    """Listing versions that match, newest first.

    Parameters
    ----------
    next
        What to give as ``after`` for those that follow; None where these are the last.
    """

    listings: list[FoundListing]
    count: Count
    next: str | None
    index: Freshness


def search(query: Query, authority: Authority, after: str = "", most: int = USUAL) -> FoundPage:
    """Find listing versions.

    Raises
    ------
    InvalidInputError
        The question or the cursor is wrong.
    ForbiddenError
        It asks for what the authority may not see.
    """
    wanted = wanted_by(query, authority)
    place = cursor.read(after, query) if after else None
    hits = the_index().find(wanted, most + 1, NEWEST if place is None else place.before)
    count = place.count if place is not None else hits.count or 0
    ids, more = hits.ids[:most], len(hits.ids) > most
    return FoundPage(
        listings=_listings(ids, authority),
        count=Count("more_than", EXACT_TO) if count > EXACT_TO else Count("exactly", count),
        next=cursor.written(query, cursor.Place(ids[-1], count)) if more else None,
        index=freshness(),
    )


def _listings(ids: Sequence[int], authority: Authority) -> list[FoundListing]:
    """Describe listing versions, in the order of their numbers; those gone meanwhile are not."""
    rows = ListingVersion.objects.exclude(state=State.ERASED).in_bulk(ids)
    rulings = rulings_of(list(rows))
    shown = {
        number: [r for r in rulings.get(number, ()) if authority.concerns(r.topic)]
        for number in rows
    }
    names = _names(authority, [r for of_version in shown.values() for r in of_version])
    return [_listing(rows[n], shown[n], authority, names) for n in ids if n in rows]


def _listing(
    row: ListingVersion,
    rulings: Iterable[Ruling],
    authority: Authority,
    names: Mapping[int, str],
) -> FoundListing:
    listing = msgspec.json.decode(row.payload, type=Listing)
    return FoundListing(
        listing_id=row.listing_id,
        version=row.version,
        seller_id=row.seller_id,
        title=listing.heading,
        received_at=row.received_at,
        state=State(row.state).name.lower(),
        topics=[_topic(ruling, authority, names) for ruling in rulings],
    )


def _topic(ruling: Ruling, authority: Authority, names: Mapping[int, str]) -> FoundTopic:
    """Keep back what was said of a case that waits, from those who judge alone."""
    kept_back = ruling.waits and judges_alone(authority)
    decisions = () if kept_back else ruling.decisions
    return FoundTopic(
        topic=ruling.topic,
        waits=ruling.waits,
        decisions=[
            ModeratorSaid(d.verdict, names.get(d.moderator, f"moderator-{d.moderator}"))
            for d in decisions
        ],
        actions=list(ruling.actions) if Permission.ACTIONS in authority.permissions else [],
    )


def _names(authority: Authority, rulings: Iterable[Ruling]) -> dict[int, str]:
    """Name those who decided, to accounts that see names."""
    if authority.principal.kind != "user" or Permission.SCORES not in authority.permissions:
        return {}
    numbers = {made.moderator for ruling in rulings for made in ruling.decisions}
    return dict(User.objects.filter(pk__in=numbers).values_list("pk", "username"))
