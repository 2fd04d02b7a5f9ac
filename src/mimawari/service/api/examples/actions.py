"""What the API says of actions, and examples of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

from mimawari.records.action import Action, ActionDetails, ActionKind, Origin
from mimawari.service.actions.outcome import Outcome
from mimawari.service.actions.strikes import StrikeStanding
from mimawari.service.api.examples.listings import NOON


class By(msgspec.Struct, frozen=True):
    """Who acted; by number, as everybody outside knows moderators."""

    kind: Literal["user", "key", "system"]
    id: str


class ActionTold(ActionDetails, frozen=True, kw_only=True):
    """An action, its number, its listing's seller, and who acted."""

    id: int
    seller: str
    by: By


class Actions(msgspec.Struct, frozen=True):
    """Actions, newest first; ``next_before`` is None where these are the oldest."""

    actions: list[ActionTold]
    next_before: int | None = None


class SellerStrikes(msgspec.Struct, frozen=True):
    """The strikes that count against a seller now, newest first, and what they weigh together."""

    seller: str
    total: int
    restricted: bool
    strikes: list[StrikeStanding]


def told(action: Action) -> ActionTold:
    """Say of an action what may be told outside."""
    values = {name: getattr(action, name) for name in ActionDetails.__struct_fields__}
    by = By(action.principal.kind, action.principal.id)
    return ActionTold(id=action.id, seller=action.seller, by=by, **values)


HIDDEN = ActionTold(
    id=1,
    listing="1001",
    version=1,
    seller="s7",
    topic="weapons",
    policy_version=3,
    kind=ActionKind.HIDE,
    severity="high",
    origin=Origin.AUTOMATIC,
    clauses=("firearm",),
    alert=1,
    decision=1,
    reverses=None,
    replaces=None,
    proposal=None,
    threshold=None,
    dry_run=False,
    standing=ActionKind.HIDE,
    reason="",
    at=NOON,
    by=By("user", "2"),
)
ACTIONS = Actions([HIDDEN])
LIFTED = msgspec.structs.replace(
    HIDDEN,
    id=2,
    origin=Origin.DECIDED,
    decision=None,
    reverses=1,
    standing=ActionKind.NONE,
    reason="a museum shows it",
    by=By("user", "3"),
)
TAKEN = msgspec.structs.replace(
    HIDDEN, id=2, origin=Origin.DECIDED, proposal=1, reason="agreed", by=By("user", "3")
)
OUTCOME = Outcome("1001", ActionKind.HIDE, False, (1,))
STRIKES = SellerStrikes(
    "s7",
    2,
    False,
    [StrikeStanding(1, "1001", "weapons", "high", 2, 1, False, NOON, NOON + timedelta(days=180))],
)
