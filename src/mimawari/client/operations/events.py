"""Requests of the API's group 'events', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.records.json import JsonObject


class Decision(TypedDict):
    """What a moderator said of a version of a listing, for one topic."""

    decision: int
    alert: int
    listing_id: str
    listing_version: int
    topic: str
    verdict: Literal["violates", "does_not_violate", "cannot_tell"]
    moderator: str
    policy_version: int
    clause: str | None
    replaces: int | None


class DecisionMade(TypedDict):
    """A moderator decided."""

    type: Literal["decision.made"]
    id: str
    timestamp: str
    data: Decision
    version: Literal[1]


class Undone(TypedDict):
    """A decision that was taken back: what followed from it should be, too."""

    decision: int
    alert: int
    listing_id: str
    listing_version: int
    topic: str
    moderator: str
    replaces: int


class DecisionUndone(TypedDict):
    """A moderator took a decision back."""

    type: Literal["decision.undone"]
    id: str
    timestamp: str
    data: Undone
    version: Literal[1]


class Alert(TypedDict):
    """A version of a listing that was put before moderators, for one topic."""

    alert: int
    listing_id: str
    listing_version: int
    topic: str


class AlertRaised(TypedDict):
    """A listing waits for a moderator."""

    type: Literal["alert.opened"]
    id: str
    timestamp: str
    data: Alert
    version: Literal[1]


class ClosedAlert(TypedDict):
    """An alert that was closed without a decision, and why."""

    alert: int
    listing_id: str
    listing_version: int
    topic: str
    reason: Literal["sold", "withdrawn", "removed", "edited", "displaced", "spared", "erased"]


class AlertClosed(TypedDict):
    """A listing waits no more, and no moderator decided."""

    type: Literal["alert.closed"]
    id: str
    timestamp: str
    data: ClosedAlert
    version: Literal[2]


class Action(TypedDict):
    """What is to be done about a listing, or (``restrict``) about its seller."""

    action: int
    kind: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    policy_version: int
    clauses: list[str]
    severity: Literal["low", "medium", "high", "critical"] | None
    origin: Literal["automatic", "decided"]
    alert: int | None
    decision: int | None
    replaces: int | None
    threshold: int | None
    standing: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]


class ActionTaken(TypedDict):
    """Something is to be done."""

    type: Literal["action.taken"]
    id: str
    timestamp: str
    data: Action
    version: Literal[1]


class Reversal(TypedDict):
    """An action that is taken back: its opposite is to be done; ``kind`` is that action's."""

    action: int
    kind: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    policy_version: int
    clauses: list[str]
    severity: Literal["low", "medium", "high", "critical"] | None
    origin: Literal["automatic", "decided"]
    alert: int | None
    decision: int | None
    replaces: int | None
    threshold: int | None
    standing: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    reverses: int


class ActionReversed(TypedDict):
    """Something that was done is to be undone."""

    type: Literal["action.reversed"]
    id: str
    timestamp: str
    data: Reversal
    version: Literal[1]


class Strike(TypedDict):
    """A strike against a seller, and until when it counts."""

    strike: int
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    total: int
    severity: Literal["low", "medium", "high", "critical"]
    weight: int
    decision: int
    expires_at: str


class StrikeGiven(TypedDict):
    """A violation counts against its seller."""

    type: Literal["strike.given"]
    id: str
    timestamp: str
    data: Strike
    version: Literal[1]


class WithdrawnStrike(TypedDict):
    """A strike that is taken back; ``withdraws`` is its number, ``decision`` what took it back."""

    strike: int
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    total: int
    severity: Literal["low", "medium", "high", "critical"]
    weight: int
    decision: int
    expires_at: str
    withdraws: int


class StrikeWithdrawn(TypedDict):
    """It counts no more, since the violation does not stand."""

    type: Literal["strike.withdrawn"]
    id: str
    timestamp: str
    data: WithdrawnStrike
    version: Literal[1]


class ExpiredStrike(TypedDict):
    """A strike that counts no more, and since when."""

    strike: int
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    total: int
    weight: int
    expired_at: str


class StrikeExpired(TypedDict):
    """It counts no more, since its time is over."""

    type: Literal["strike.expired"]
    id: str
    timestamp: str
    data: ExpiredStrike
    version: Literal[1]


class StrikeThreshold(TypedDict):
    """What the strikes against a seller weigh, beside what ``topic`` restricts sellers at."""

    strike: int
    listing_id: str
    listing_version: int
    seller_id: str | None
    topic: str
    total: int
    threshold: int
    passed: Literal["reached", "left"]


class ThresholdPassed(TypedDict):
    """The strikes against a seller reached what a topic restricts at, or fell below it."""

    type: Literal["strike.threshold"]
    id: str
    timestamp: str
    data: StrikeThreshold
    version: Literal[1]


class AlarmFigures(TypedDict):
    """What was measured, and against what."""

    value: float
    unit: Literal["share", "number", "seconds"]
    usual: float | None
    low: float | None
    high: float | None
    number: int


class Alarm(TypedDict):
    """Something that is not as it should be."""

    alarm: int
    kind: str
    topic: str | None
    deployment: str | None
    stream: str
    severity: str
    figures: AlarmFigures
    began_at: str


class AlarmOpened(TypedDict):
    """Something is not as it should be; told again where an acknowledgement's time is over."""

    type: Literal["alarm.opened"]
    id: str
    timestamp: str
    data: Alarm
    version: Literal[1]


class TakenUpAlarm(TypedDict):
    """An alarm that somebody looks after, until a time where one was named."""

    alarm: int
    kind: str
    topic: str | None
    deployment: str | None
    stream: str
    severity: str
    figures: AlarmFigures
    began_at: str
    until: str | None


class AlarmAcknowledged(TypedDict):
    """Somebody looks after an alarm."""

    type: Literal["alarm.acknowledged"]
    id: str
    timestamp: str
    data: TakenUpAlarm
    version: Literal[1]


class ResolvedAlarm(TypedDict):
    """An alarm that is over, and how often its condition was seen."""

    alarm: int
    kind: str
    topic: str | None
    deployment: str | None
    stream: str
    severity: str
    figures: AlarmFigures
    began_at: str
    times: int


class AlarmResolved(TypedDict):
    """An alarm is over."""

    type: Literal["alarm.resolved"]
    id: str
    timestamp: str
    data: ResolvedAlarm
    version: Literal[1]


if TYPE_CHECKING:
    EventPageEvents: TypeAlias = (
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
else:
    EventPageEvents: TypeAlias = JsonObject


class EventPage(TypedDict):
    """Events in the order in which they became final."""

    events: list[EventPageEvents]
    next: str
    more: bool


class ReceiptSummary(TypedDict):
    """What one try brought; ``status`` is the answer's, None where there was none."""

    at: str
    delivered: bool
    status: int | None
    problem: str
    answer: str
    seconds: float


class EndpointSummary(TypedDict):
    """An endpoint and how it fares; its secret is shown by nothing."""

    id: int
    url: str
    description: str
    types: list[str]
    active: bool
    created_at: str
    waiting: int
    dead: int
    waiting_since: str | None
    failing_since: str | None
    last: ReceiptSummary | None


class Endpoints(TypedDict):
    """Every endpoint."""

    endpoints: list[EndpointSummary]


class WithSecret(TypedDict):
    """An endpoint and its new secret, which is shown this once."""

    endpoint: EndpointSummary
    secret: str


class Tested(TypedDict):
    """What came back; ``status`` is None where nothing did."""

    delivered: bool
    status: int | None
    problem: str
    answer: str
    seconds: float


class DeadLetter(TypedDict):
    """An event that an endpoint never took."""

    sequence: int
    listing_id: str
    attempts: int
    problem: str


class DeadLetters(TypedDict):
    """What an endpoint never took, the newest first."""

    dead: list[DeadLetter]


def list_events(
    *,
    after: str | None = None,
    types: str | None = None,
    limit: int | None = None,
    wait: int | None = None,
) -> Asked[EventPage]:
    """What happened after a cursor; waits for it where `wait` is given."""
    path = address(
        "/api/v1/events", {}, {"after": after, "types": types, "limit": limit, "wait": wait}
    )
    return Asked("GET", path, None, False, one(EventPage))


def list_webhooks() -> Asked[Endpoints]:
    """Every endpoint: what waits, what is dead, what was answered last."""
    path = address("/api/v1/webhooks", {})
    return Asked("GET", path, None, False, one(Endpoints))


def add_webhook(
    *,
    url: str,
    description: str | None = None,
    types: list[str] | None = None,
    since: str | None = None,
) -> Asked[WithSecret]:
    """Add an endpoint; its secret is shown once."""
    path = address("/api/v1/webhooks", {})
    return Asked(
        "POST",
        path,
        body_of({"url": url, "description": description, "types": types, "since": since}),
        True,
        one(WithSecret),
    )


def rotate_webhook_secret(endpoint: int, *, overlap_hours: int | None = None) -> Asked[WithSecret]:
    """Give an endpoint a new secret, shown once; the old one signs beside it for a time."""
    path = address("/api/v1/webhooks/{endpoint}:rotate", {"endpoint": endpoint})
    return Asked("POST", path, body_of({"overlap_hours": overlap_hours}), True, one(WithSecret))


def test_webhook(endpoint: int, *, message: str | None = None) -> Asked[Tested]:
    """Send one event that tells of nothing, now; says what came back."""
    path = address("/api/v1/webhooks/{endpoint}:test", {"endpoint": endpoint})
    return Asked("POST", path, body_of({"message": message}), False, one(Tested))


def disable_webhook(endpoint: int, *, reason: str) -> Asked[EndpointSummary]:
    """Send nothing more to an endpoint; what waits stays."""
    path = address("/api/v1/webhooks/{endpoint}:disable", {"endpoint": endpoint})
    return Asked("POST", path, body_of({"reason": reason}), True, one(EndpointSummary))


def enable_webhook(endpoint: int, *, reason: str) -> Asked[EndpointSummary]:
    """Go on where an endpoint was disabled."""
    path = address("/api/v1/webhooks/{endpoint}:enable", {"endpoint": endpoint})
    return Asked("POST", path, body_of({"reason": reason}), True, one(EndpointSummary))


def replay_webhook(endpoint: int, *, since: str, reason: str) -> Asked[EndpointSummary]:
    """Send everything from a time on once more, under the same identifiers."""
    path = address("/api/v1/webhooks/{endpoint}:replay", {"endpoint": endpoint})
    return Asked(
        "POST", path, body_of({"since": since, "reason": reason}), True, one(EndpointSummary)
    )


def list_dead_letters(endpoint: int) -> Asked[DeadLetters]:
    """What an endpoint never took, the newest first, at most 100."""
    path = address("/api/v1/webhooks/{endpoint}/dead", {"endpoint": endpoint})
    return Asked("GET", path, None, False, one(DeadLetters))
