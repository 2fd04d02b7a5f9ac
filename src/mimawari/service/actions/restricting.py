"""Restrict a seller because somebody says so, whatever was decided of single listings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.action import ActionKind, Origin
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.board import Board
from mimawari.service.actions.lifting import MOST_REASON
from mimawari.service.actions.models import Action, Stage
from mimawari.service.actions.writing import Change, is_dry, write
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from mimawari.records.principal import Principal


def restrict(seller: str, topic: str, principal: Principal, reason: str) -> Action:
    """Restrict a seller for a topic; gives the restriction in force where there is one already.

    It names the seller's newest listing, and holds until somebody lifts it: no decision does.

    Raises
    ------
    InvalidInputError
        The seller is unknown, the topic not in force, or the reason empty.
    ForbiddenError
        The principal may not.
    """
    require(principal, Permission.ACT, topic)
    if not reason.strip() or len(reason) > MOST_REASON:
        problem = f"is over {MOST_REASON:,} characters" if reason.strip() else "is empty"
        remedy = "say why, shortly; the ledger keeps it"
        raise InvalidInputError(FieldProblem("reason", problem, remedy))
    generation = generations.current()
    entry = generation.manifest.topics.get(topic) if generation else None
    if entry is None:
        absent = FieldProblem("topic", f"{topic[:40]!r} is not in force", "name one that is")
        raise InvalidInputError(absent)
    with transaction.atomic():
        version = _newest_of(seller)
        board = Board([version.listing_id], [seller])
        dry_run = is_dry(topic_file_of(topic, entry).actions)
        for row in board.restrictions(version):
            if (row.topic, row.stage, row.dry_run) == (topic, Stage.IN_FORCE, dry_run):
                return row.action
        change = Change(
            version=version,
            topic=topic,
            policy_version=entry.topic_file,
            kind=ActionKind.RESTRICT,
            origin=Origin.DECIDED,
            stage=Stage.IN_FORCE,
            principal=principal,
            dry_run=dry_run,
            reason=reason.strip(),
        )
        return write(board, [change], clock.database_now())[0]


def _newest_of(seller: str) -> ListingVersion:
    rows = ListingVersion.objects.filter(seller_id=seller).defer("payload") if seller else None
    newest = rows.order_by("-pk").first() if rows is not None else None
    if newest is None:
        remedy = "give it as listings name it (seller_id)"
        raise InvalidInputError(FieldProblem("seller", "has no listing here", remedy))
    return newest
