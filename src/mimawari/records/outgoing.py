"""What a marketplace is told of: one body for webhooks and the feed, versioned by type.

A version never loses a field, nor changes the type of one: what would is a new version. The
schemas in docs/schemas are what was published; `mimawari.records.schemas` compares.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from mimawari.records.action import ActionKind, Gravity, Passed
from mimawari.records.closing import Closing
from mimawari.records.outgoing_alarms import AlarmAcknowledged, AlarmOpened, AlarmResolved
from mimawari.records.outgoing_fields import At, EventId, ListingId, Version


class Decision(msgspec.Struct, frozen=True):
    """What a moderator said of a version of a listing, for one topic.

    Parameters
    ----------
    moderator
        A pseudonym.
    clause
        Key of the policy's clause that it names, as the topic file of ``policy_version`` has it.
    replaces
        Number of the decision that this one replaces or takes back.
    """

    decision: int
    alert: int
    listing_id: ListingId
    listing_version: Version
    topic: str
    verdict: Literal["violates", "does_not_violate", "cannot_tell"]
    moderator: str
    policy_version: int
    clause: str | None = None
    replaces: int | None = None


class Undone(msgspec.Struct, frozen=True):
    """A decision that was taken back: what followed from it should be, too."""

    decision: int
    alert: int
    listing_id: ListingId
    listing_version: Version
    topic: str
    moderator: str
    replaces: int


class Alert(msgspec.Struct, frozen=True):
    """A version of a listing that was put before moderators, for one topic."""

    alert: int
    listing_id: ListingId
    listing_version: Version
    topic: str


class ClosedAlert(Alert, frozen=True):
    """An alert that was closed without a decision, and why."""

    reason: Closing


class Action(msgspec.Struct, frozen=True):
    """What is to be done about a listing, or (``restrict``) about its seller.

    Parameters
    ----------
    seller_id
        None once what the seller wrote was erased.
    origin
        Whether the policy took it, or somebody.
    replaces
        The action in force until now whose place this one takes; nothing else is to be done
        about that one.
    threshold
        The strikes at which the seller is restricted, where these are why.
    standing
        What is to be done with the listing, or with the seller, all in all: the strongest in
        force over all topics.
    """

    action: int
    kind: ActionKind
    listing_id: ListingId
    listing_version: Version
    seller_id: str | None
    topic: str
    policy_version: int
    clauses: tuple[str, ...]
    severity: Gravity | None
    origin: Literal["automatic", "decided"]
    alert: int | None
    decision: int | None
    replaces: int | None
    threshold: int | None
    standing: ActionKind


class Reversal(Action, frozen=True, kw_only=True):
    """An action that is taken back: its opposite is to be done; ``kind`` is that action's."""

    reverses: int


class AboutStrike(msgspec.Struct, frozen=True, kw_only=True):
    """A strike and whose it is.

    Parameters
    ----------
    strike
        Its number.
    listing_id, listing_version
        Whose violation it is for.
    seller_id
        None once what the seller wrote was erased.
    total
        What the strikes that stand against the seller weigh from then on, over all topics.
    """

    strike: int
    listing_id: ListingId
    listing_version: Version
    seller_id: str | None
    topic: str
    total: int


class Strike(AboutStrike, frozen=True, kw_only=True):
    """A strike against a seller, and until when it counts."""

    severity: Gravity
    weight: int
    decision: int
    expires_at: At


class WithdrawnStrike(Strike, frozen=True, kw_only=True):
    """A strike that is taken back; ``withdraws`` is its number, ``decision`` what took it back."""

    withdraws: int


class ExpiredStrike(AboutStrike, frozen=True, kw_only=True):
    """A strike that counts no more, and since when."""

    weight: int
    expired_at: At


class StrikeThreshold(AboutStrike, frozen=True, kw_only=True):
    """What the strikes against a seller weigh, beside what ``topic`` restricts sellers at.

    ``strike`` is the one that made it so; ``left`` is told where a restriction stood for it.
    """

    threshold: int
    passed: Passed


class Greeting(msgspec.Struct, frozen=True):
    """What a test of an endpoint says."""

    message: str


class DecisionMade(msgspec.Struct, frozen=True, tag_field="type", tag="decision.made"):
    """A moderator decided."""

    id: EventId
    timestamp: At
    data: Decision
    version: Literal[1] = 1


class DecisionUndone(msgspec.Struct, frozen=True, tag_field="type", tag="decision.undone"):
    """A moderator took a decision back."""

    id: EventId
    timestamp: At
    data: Undone
    version: Literal[1] = 1


class AlertRaised(msgspec.Struct, frozen=True, tag_field="type", tag="alert.opened"):
    """A listing waits for a moderator."""

    id: EventId
    timestamp: At
    data: Alert
    version: Literal[1] = 1


class AlertClosed(msgspec.Struct, frozen=True, tag_field="type", tag="alert.closed"):
    """A listing waits no more, and no moderator decided.

    Version 1 told of listings that ended, and of nothing else.
    """

    id: EventId
    timestamp: At
    data: ClosedAlert
    version: Literal[2] = 2


class ActionTaken(msgspec.Struct, frozen=True, tag_field="type", tag="action.taken"):
    """Something is to be done."""

    id: EventId
    timestamp: At
    data: Action
    version: Literal[1] = 1


class ActionReversed(msgspec.Struct, frozen=True, tag_field="type", tag="action.reversed"):
    """Something that was done is to be undone."""

    id: EventId
    timestamp: At
    data: Reversal
    version: Literal[1] = 1


class StrikeGiven(msgspec.Struct, frozen=True, tag_field="type", tag="strike.given"):
    """A violation counts against its seller."""

    id: EventId
    timestamp: At
    data: Strike
    version: Literal[1] = 1


class StrikeWithdrawn(msgspec.Struct, frozen=True, tag_field="type", tag="strike.withdrawn"):
    """It counts no more, since the violation does not stand."""

    id: EventId
    timestamp: At
    data: WithdrawnStrike
    version: Literal[1] = 1


class StrikeExpired(msgspec.Struct, frozen=True, tag_field="type", tag="strike.expired"):
    """It counts no more, since its time is over."""

    id: EventId
    timestamp: At
    data: ExpiredStrike
    version: Literal[1] = 1


class ThresholdPassed(msgspec.Struct, frozen=True, tag_field="type", tag="strike.threshold"):
    """The strikes against a seller reached what a topic restricts at, or fell below it."""

    id: EventId
    timestamp: At
    data: StrikeThreshold
    version: Literal[1] = 1


class WebhookTest(msgspec.Struct, frozen=True, tag_field="type", tag="webhook.test"):
    """A test of an endpoint; it tells of nothing."""

    id: EventId
    timestamp: At
    data: Greeting
    version: Literal[1] = 1


OutgoingEvent: TypeAlias = (
    DecisionMade
    | DecisionUndone
    | AlertRaised
    | AlertClosed
    | ActionTaken
    | ActionReversed
    | StrikeGiven
    | StrikeWithdrawn
    | StrikeExpired
    | ThresholdPassed
    | AlarmOpened
    | AlarmAcknowledged
    | AlarmResolved
)
SENT: tuple[type[msgspec.Struct], ...] = (
    DecisionMade,
    DecisionUndone,
    AlertRaised,
    AlertClosed,
    ActionTaken,
    ActionReversed,
    StrikeGiven,
    StrikeWithdrawn,
    StrikeExpired,
    ThresholdPassed,
    AlarmOpened,
    AlarmAcknowledged,
    AlarmResolved,
    WebhookTest,
)
_encode = msgspec.json.Encoder().encode


def type_of(kind: type[msgspec.Struct]) -> str:
    """Give the name of an event's type.

    Examples
    --------
    >>> type_of(DecisionMade)
    'decision.made'
    """
    return str(kind.__struct_config__.tag)


RETIRED = ("alert.closed.v1.json",)
"""Schemas of versions that are sent no more, each replaced by the type's next one."""

TYPES = tuple(type_of(kind) for kind in SENT if kind is not WebhookTest)
"""Names of the types that an endpoint or a reader may ask for."""


def encoded(event: OutgoingEvent | WebhookTest) -> bytes:
    """Write an event as it is sent and signed."""
    return _encode(event)
