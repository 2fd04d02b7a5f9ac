"""Examples of the feed and of webhooks."""

from __future__ import annotations

from mimawari.records.outgoing import Decision, DecisionMade
from mimawari.service.api.examples.listings import NOON
from mimawari.service.delivery.feed import EventPage
from mimawari.service.delivery.status import DeadLetter, EndpointSummary, ReceiptSummary

DECISION = DecisionMade(
    "evt_3f5a9c1e2b7d8046_512",
    NOON,
    Decision(12, 1, "1001", 1, "weapons", "violates", "moderator-3", 3),
)
PAGE = EventPage((DECISION,), "kwG5bWltYXdhcmkubG9jYWwvM2Y1YTljMWU", False)
RECEIPT = ReceiptSummary(NOON, True, 204, "", "", 0.031)
ENDPOINT = EndpointSummary(
    id=1,
    url="https://shop.example/moderation",
    description="the shop",
    types=["decision.made", "decision.undone"],
    active=True,
    created_at=NOON,
    waiting=0,
    dead=0,
    waiting_since=None,
    failing_since=None,
    last=RECEIPT,
)
DEAD = DeadLetter(512, "1001", 11, "url: answered 422; answer 2xx once the event is kept")
