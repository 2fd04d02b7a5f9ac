"""What a marketplace is asked to do with a listing or its seller, as it crosses borders.

The ledger tells of an action by events of two kinds, `TAKEN` and `REVERSED`, whose subject is the
action's number and whose details are `ActionDetails`; `action_of` joins both with who acted.
Strikes have kinds of their own: given and taken back (`StrikeDetails`), expired
(`ExpiryDetails`), and that they reached a threshold, or fell below it (`ThresholdDetails`).
"""

from __future__ import annotations

import enum
from datetime import datetime  # read by msgspec when the types are used
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from mimawari.records.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.records.event import Event

TAKEN, REVERSED = "action", "action_reversal"
STRIKE, STRIKE_REVERSED = "strike", "strike_reversal"
STRIKE_EXPIRED, STRIKE_THRESHOLD = "strike_expiry", "strike_threshold"

Gravity: TypeAlias = Literal["low", "medium", "high", "critical"]


class ActionKind(enum.StrEnum):
    """What is to be done; all but ``restrict`` concern the listing, in rising strength."""

    NONE = "none"
    WARN = "warn"
    ASK_EDIT = "ask_edit"
    HIDE = "hide"
    DELETE = "delete"
    RESTRICT = "restrict"

    @property
    def target(self) -> Target:
        """Whom it concerns."""
        return Target.SELLER if self == ActionKind.RESTRICT else Target.LISTING


class Target(enum.StrEnum):
    """Whom an action concerns."""

    LISTING = "listing"
    SELLER = "seller"


class GateAction(enum.StrEnum):
    """What is to be done with a listing that is not published yet, in rising strength."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


class Origin(enum.StrEnum):
    """How an action came about.

    ``proposed``: the policy suggests it, nothing is to be done until somebody takes it.
    ``automatic``: the policy took it, after a decision or when an alert was opened.
    ``decided``: somebody took a proposal, or took an action back.

    What takes a proposal back is ``proposed`` as well: nobody was told of it.
    """

    PROPOSED = "proposed"
    AUTOMATIC = "automatic"
    DECIDED = "decided"


class Passed(enum.StrEnum):
    """On which side of a threshold the strikes of a seller are from now on."""

    REACHED = "reached"
    LEFT = "left"


class ActionDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ledger says of an action; not whose listing it is, which an erasure takes out.

    What lifts nothing is written as before anything did.

    Parameters
    ----------
    version
        Of the listing, whose text and pictures the action follows.
    severity
        Of the violation; None where no violation was decided.
    clauses
        Keys of the policy's clauses, as the topic file of ``policy_version`` has them.
    alert, decision
        What it follows; no decision where it was taken when the alert was opened.
    reverses
        The action that this one takes back: its opposite is to be done (show again, lift the
        restriction). ``kind`` is that of the action taken back.
    replaces
        The action in force until now, whose place this one takes; nothing else is to be done
        about it.
    proposal
        The proposal that this one takes.
    threshold
        The strikes at which the seller is restricted; None where the violation itself, or
        somebody, asked for it.
    dry_run
        Recorded only, never sent.
    reason
        Why somebody took it, or took it back; empty where it follows a decision or the policy.
    standing
        What is to be done with the listing, or with the seller of a ``restrict``, once this one
        is recorded: the strongest in force over all topics.
    lifts
        The restriction that this one proposes to take back, as strikes that made it expired.
    """

    listing: str
    version: int
    topic: str
    policy_version: int
    kind: ActionKind
    severity: Gravity | None
    origin: Origin
    clauses: tuple[str, ...]
    alert: int | None
    decision: int | None
    reverses: int | None
    replaces: int | None
    proposal: int | None
    threshold: int | None
    dry_run: bool
    standing: ActionKind
    reason: str
    at: datetime
    lifts: int | None = None


class Action(ActionDetails, frozen=True, kw_only=True):
    """An action, its number, and who it goes back to: an account, a key, or the system.

    ``seller`` is empty once what the seller wrote was erased.
    """

    id: int
    seller: str
    principal: Principal

    @property
    def to_be_sent(self) -> bool:
        """Whether the marketplace is to do something about it now."""
        return not self.dry_run and self.origin != Origin.PROPOSED


class StrikeDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a strike against a seller, or of one taken back.

    ``total`` is the weight of the seller's strikes that stand once this one is recorded.
    """

    listing: str
    version: int
    topic: str
    severity: Gravity
    weight: int
    decision: int
    reverses: int | None
    dry_run: bool
    total: int
    at: datetime
    expires_at: datetime


class ExpiryDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a strike that counts no more: the event's subject is its number.

    ``total`` is the weight of the seller's strikes that stand once this one is recorded.
    """

    listing: str
    version: int
    topic: str
    weight: int
    dry_run: bool
    total: int
    expired_at: datetime
    at: datetime


class ThresholdDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a seller's strikes that reached a topic's threshold, or left it.

    The event's subject is the number of the strike that made it so; ``total`` is what the
    seller's strikes weigh from then on.
    """

    topic: str
    threshold: int
    passed: Passed
    total: int
    dry_run: bool


def action_of(event: Event, seller: str) -> Action | None:
    """Read an action from its event; None where the event's body was erased.

    Parameters
    ----------
    seller
        Whose listing it is, as the log of listings says now.

    Raises
    ------
    msgspec.ValidationError
        The event tells of something else.
    """
    if event.body is None:
        return None
    details = msgspec.json.decode(event.body.details, type=ActionDetails)
    values = {name: getattr(details, name) for name in details.__struct_fields__}
    return Action(id=int(event.subject), seller=seller, principal=event.principal, **values)


def strongest(kinds: Iterable[ActionKind]) -> ActionKind:
    """Give the strongest of actions about one target; none where there are none.

    Examples
    --------
    >>> strongest([ActionKind.WARN, ActionKind.HIDE, ActionKind.ASK_EDIT])
    <ActionKind.HIDE: 'hide'>
    >>> strongest([])
    <ActionKind.NONE: 'none'>
    """
    order = list(ActionKind)
    return max(kinds, key=order.index, default=ActionKind.NONE)
