"""What was done about a listing, by whom and why, and what the marketplace answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.records.action import Origin
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.reading import actions_of
from mimawari.service.audit.models import Event
from mimawari.service.console.action_words import kind_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.delivery.bodies import KINDS
from mimawari.service.delivery.models import Receipt

if TYPE_CHECKING:
    from mimawari.records.action import Action
    from mimawari.service.accounts.permissions import Authority

MOST = 100


class ActionRow(msgspec.Struct, frozen=True):
    """An action as the page shows it."""

    at: datetime
    version: int
    topic_name: str
    text: str
    who: str
    why: str


class Sent(msgspec.Struct, frozen=True):
    """One try to tell an endpoint, and its answer."""

    at: datetime
    type: str
    endpoint: str
    delivered: bool
    answer: str


def actions(listing_id: str, authority: Authority) -> list[ActionRow]:
    """Give what was done about a listing, newest first; nothing to who may not see actions."""
    if Permission.ACTIONS not in authority.permissions:
        return []
    names = titles_in_force()
    return [
        ActionRow(
            action.at,
            action.version,
            names.get(action.topic, action.topic),
            action_text(action),
            action.principal.name,
            action.reason or ", ".join(action.clauses),
        )
        for action in actions_of(listing=listing_id, topics=authority.topics, most=MOST)
    ]


def receipts(listing_id: str, authority: Authority) -> list[Sent]:
    """Give what endpoints answered, newest first; a part is not shown where topics are restricted.

    Receipts name no topic, so whoever sees some topics only sees none of them.
    """
    if Permission.ACTIONS not in authority.permissions or authority.topics is not None:
        return []
    rows = Receipt.objects.filter(order_key=listing_id).select_related("endpoint")
    newest = list(rows.order_by("-sequence", "-pk")[:MOST])
    kinds = dict(
        Event.objects.filter(sequence__in={row.sequence for row in newest}).values_list(
            "sequence", "kind"
        )
    )
    return [
        Sent(
            row.at,
            KINDS[kind].type if (kind := kinds.get(row.sequence, "")) in KINDS else kind,
            row.endpoint.description or row.endpoint.url,
            row.delivered,
            _answer(row),
        )
        for row in newest
    ]


def _answer(row: Receipt) -> str:
    parts = [str(row.status) if row.status else "", row.problem, row.answer]
    return " · ".join(filter(None, parts))[:200]


def action_text(action: Action) -> str:
    """Say in the user's language what was done, and how it came about."""
    what = kind_text(action.kind) if action.lifts is None else _("lift the restriction")
    if action.reverses is not None:
        what = _("taken back: %(action)s") % {"action": what}
    how = {
        Origin.PROPOSED: _("proposed"),
        Origin.AUTOMATIC: _("by the policy"),
        Origin.DECIDED: _("by somebody's order"),
    }[action.origin]
    return " · ".join([what, how, *([_("dry run, never sent")] if action.dry_run else [])])
