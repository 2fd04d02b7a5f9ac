"""What events of actions tell outside: only those that the marketplace is to do something about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from mimawari.records import outgoing
from mimawari.records.action import ActionDetails, Origin, Target
from mimawari.service.actions.models import Action
from mimawari.service.delivery.sealed_events import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent


def actions(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Action]]:
    """Tell of actions that were taken."""
    for event, details, seller in _to_be_sent(events):
        yield event, _order_key(details, seller), _action(event, details, seller)


def reversals(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.Reversal]]:
    """Tell of actions that were taken back."""
    for event, details, seller in _to_be_sent(events):
        if details.reverses is None:
            continue  # altered by hand
        action = msgspec.structs.asdict(_action(event, details, seller))
        data = outgoing.Reversal(**action, reverses=details.reverses)
        yield event, _order_key(details, seller), data


def _to_be_sent(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, ActionDetails, str]]:
    """Read events with the seller of each; it is empty where it was erased."""
    read = list(readable(events, ActionDetails))
    numbers = [int(event.subject) for event, _ in read]
    rows = Action.objects.filter(pk__in=numbers).values_list("pk", "listing_version__seller_id")
    sellers = dict(rows)
    for event, details in read:
        if not details.dry_run and details.origin != Origin.PROPOSED:
            yield event, details, sellers.get(int(event.subject), "")


def _order_key(details: ActionDetails, seller: str) -> str:
    """Order what concerns a seller by the seller, all else by the listing."""
    if details.kind.target is not Target.SELLER:
        return details.listing
    return seller_key(seller, details.listing)


def seller_key(seller: str, listing: str) -> str:
    """Order what concerns a seller as a whole; by the listing once nobody knows whose it was.

    Who the seller is cannot be read from it: it outlives an erasure.
    """
    if not seller:
        return listing
    key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    return f"seller {hashlib.blake2b(seller.encode(), key=key, digest_size=12).hexdigest()}"


def _action(event: SealedEvent, details: ActionDetails, seller: str) -> outgoing.Action:
    return outgoing.Action(
        action=int(event.subject),
        kind=details.kind,
        listing_id=details.listing,
        listing_version=details.version,
        seller_id=seller or None,
        topic=details.topic,
        policy_version=details.policy_version,
        clauses=details.clauses,
        severity=details.severity,
        origin="automatic" if details.origin is Origin.AUTOMATIC else "decided",
        alert=details.alert,
        decision=details.decision,
        replaces=details.replaces,
        threshold=details.threshold,
        standing=details.standing,
    )
