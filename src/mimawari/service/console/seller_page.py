"""What the page of a seller shows: what policy says of it, strikes, restrictions, decisions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.listings.listing import Listing
from mimawari.records.standing import Standing
from mimawari.service.actions import strikes
from mimawari.service.actions.models import Cause, StandingAction
from mimawari.service.actions.outcome import restrictions_of
from mimawari.service.actions.reading import actions_of
from mimawari.service.catalogue.seller_policy import recorded_standings
from mimawari.service.console.state_words import state_text
from mimawari.service.console.texts import verdict_text
from mimawari.service.console.timeline_actions import ActionRow, action_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.console.viewer import Viewer
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.review.models import Decision, ImportedDecision, Verdict

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority

MOST = 50


class StandingRow(msgspec.Struct, frozen=True):
    """What policy says of the seller; without an end until somebody says otherwise."""

    topic_name: str
    text: str
    at: datetime
    expires_at: datetime | None
    why: str


class Restriction(msgspec.Struct, frozen=True):
    """A restriction, in force or proposed, and its number."""

    action: int
    row: ActionRow


class ListingRow(msgspec.Struct, frozen=True):
    """The newest version of a listing of the seller."""

    listing_id: str
    title: str
    received_at: datetime
    state: str


class DecisionRow(msgspec.Struct, frozen=True):
    """What somebody decided of a listing of the seller."""

    at: datetime
    listing_id: str
    topic_name: str
    verdict: str
    who: str
    undone: bool


class SellerView(msgspec.Struct, frozen=True):
    """Everything the page shows."""

    seller: str
    restricted: bool
    total: int
    standings: list[StandingRow]
    restrictions: list[Restriction]
    strikes: list[tuple[strikes.StrikeStanding, str]]
    listings: list[ListingRow]
    decisions: list[DecisionRow]
    topics: dict[str, str]


def standing_text(standing: Standing) -> str:
    """Say in the user's language how a seller stands."""
    return {
        Standing.TRUSTED: _("trusted"),
        Standing.EXEMPT: _("exempt"),
        Standing.CLEARED: _("like any other"),
    }[standing]


def standings_of(seller: str, authority: Authority, names: dict[str, str]) -> list[StandingRow]:
    """Give what policy says of a seller now, in the topics of who looks."""
    return [
        StandingRow(
            _("all topics") if row.topic is None else names.get(row.topic, row.topic),
            standing_text(row.standing),
            row.at,
            row.expires_at,
            row.reason,
        )
        for row in (
            recorded_standings(seller, topics=authority.topics, most=MOST) if seller else []
        )
    ]


def seller_view(seller: str, authority: Authority) -> SellerView | None:
    """Gather what is known of a seller; None where no listing is of it."""
    listings = _listings(seller)
    if not listings:
        return None
    names, now = titles_in_force(), clock.database_now()
    struck = [s for s in strikes.listed(seller, now) if authority.concerns(s.topic)]
    return SellerView(
        seller=seller,
        restricted=bool(restrictions_of(seller)),
        total=sum(strike.weight for strike in struck if not strike.dry_run),
        standings=standings_of(seller, authority, names),
        restrictions=_restrictions(seller, authority, names),
        strikes=[(strike, names.get(strike.topic, strike.topic)) for strike in struck],
        listings=listings,
        decisions=_decisions(seller, authority, names),
        topics={topic: name for topic, name in names.items() if authority.concerns(topic)},
    )


def _listings(seller: str) -> list[ListingRow]:
    if not seller:  # erased: nobody's
        return []
    rows = ListingVersion.objects.filter(seller_id=seller).order_by("-pk")[:MOST]
    newest: dict[str, ListingVersion] = {}
    for row in rows:
        newest.setdefault(row.listing_id, row)
    return [
        ListingRow(
            row.listing_id,
            msgspec.json.decode(row.payload, type=Listing).heading,
            row.received_at,
            state_text(row),
        )
        for row in newest.values()
    ]


def _restrictions(seller: str, authority: Authority, names: dict[str, str]) -> list[Restriction]:
    held = StandingAction.objects.filter(target="seller", action__listing_version__seller_id=seller)
    held = held.exclude(cause=Cause.LIFT)  # each restriction can be lifted here already
    numbers = set(held.values_list("pk", flat=True))
    return [
        Restriction(
            action.id,
            ActionRow(
                action.at,
                action.version,
                names.get(action.topic, action.topic),
                action_text(action),
                action.principal.name,
                action.reason or ", ".join(action.clauses),
            ),
        )
        for action in actions_of(numbers=numbers, topics=authority.topics)
    ]


def _decisions(seller: str, authority: Authority, names: dict[str, str]) -> list[DecisionRow]:
    """Give the newest decisions, ours and imported ones."""
    viewer = Viewer.of(authority)
    ours = Decision.objects.filter(alert__listing_version__seller_id=seller)
    ours = ours.exclude(verdict=Verdict.UNDONE).select_related("moderator", "replaced_by")
    past = ImportedDecision.objects.filter(listing_version__seller_id=seller)
    if authority.topics is not None:
        ours = ours.filter(alert__topic__in=authority.topics)
        past = past.filter(topic__in=authority.topics)
    ours = ours.select_related("alert__listing_version").defer("alert__listing_version__payload")
    rows = [
        DecisionRow(
            row.decided_at,
            row.alert.listing_version.listing_id,
            names.get(row.alert.topic, row.alert.topic),
            verdict_text(row.verdict),
            viewer.name(row.moderator_id, row.moderator.get_username()),
            hasattr(row, "replaced_by"),
        )
        for row in ours.order_by("-pk")[:MOST]
    ]
    rows += [
        DecisionRow(
            row.decided_at,
            row.listing_id,
            names.get(row.topic, row.topic),
            f"{verdict_text(row.verdict)} · {_('decided elsewhere, imported')}",
            row.reviewer.name,
            False,
        )
        for row in past.select_related("reviewer").order_by("-decided_at")[:MOST]
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:MOST]
