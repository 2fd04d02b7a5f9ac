"""What events of actions tell outside: only those that the marketplace is to do something about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from mimawari.records import outgoing
from mimawari.records.action import ActionDetails, Origin, Target
from mimawari.service.actions.models import Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent


def actions(events: Sequence[SealedEvent]) -> Iterator[tuple[SealedEvent, str, outgoing.Action]]:
    """Tell of actions that were taken."""
    for event, said, seller in _to_be_sent(events):
        yield event, _order_key(said, seller), _action(event, said, seller)


def reversals(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, str, outgoing.Reversal]]:
    """Tell of actions that were taken back."""
    for event, said, seller in _to_be_sent(events):
        assert said.reverses is not None
        action = msgspec.structs.asdict(_action(event, said, seller))
        data = outgoing.Reversal(**action, reverses=said.reverses)
        yield event, _order_key(said, seller), data


def _to_be_sent(
    events: Sequence[SealedEvent],
) -> Iterator[tuple[SealedEvent, ActionDetails, str]]:
    """Read events with the seller of each; it is empty where it was erased."""
    numbers = [int(event.subject) for event in events]
    rows = Action.objects.filter(pk__in=numbers).values_list("pk", "listing_version__seller_id")
    sellers = dict(rows)
    for event in events:
        said = msgspec.json.decode(event.details, type=ActionDetails)
        if not said.dry_run and said.origin != Origin.PROPOSED:
            yield event, said, sellers.get(int(event.subject), "")


def _order_key(said: ActionDetails, seller: str) -> str:
    """Order what concerns a seller by the seller, all else by the listing.

    Who the seller is cannot be read from it: it outlives an erasure.
    """
    if not seller or said.kind.target is not Target.SELLER:
        return said.listing
    key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    return f"seller {hashlib.blake2b(seller.encode(), key=key, digest_size=12).hexdigest()}"


def _action(event: SealedEvent, said: ActionDetails, seller: str) -> outgoing.Action:
    return outgoing.Action(
        action=int(event.subject),
        kind=said.kind,
        listing_id=said.listing,
        listing_version=said.version,
        seller_id=seller or None,
        topic=said.topic,
        policy_version=said.policy_version,
        clauses=said.clauses,
        severity=said.severity,
        origin="automatic" if said.origin is Origin.AUTOMATIC else "decided",
        alert=said.alert,
        decision=said.decision,
        replaces=said.replaces,
        threshold=said.threshold,
        standing=said.standing,
    )
