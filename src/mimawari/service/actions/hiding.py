"""Hide listings while their alerts wait for a moderator, where the policy says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.topicfile.schema import reaches
from mimawari.records.action import ActionKind, Origin, Target
from mimawari.records.principal import Principal
from mimawari.service.actions.board import Board
from mimawari.service.actions.models import Stage, StandingAction
from mimawari.service.actions.writing import Change, is_dry, reversal, write
from mimawari.service.catalogue.standings import standings_of
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.intake.models import ListingVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from mimawari.records.manifest import TopicEntry

ACTIONS = Principal("system", "actions", "actions")


class Waiting(msgspec.Struct, frozen=True):
    """An alert that was opened just now."""

    alert: int
    version: int
    score: float


def threshold_of(topic: str, entry: TopicEntry | None) -> float | None:
    """Give the score from which on what is alerted is hidden; None where nothing is."""
    policy = topic_file_of(topic, entry).actions if entry else None
    return policy.hide_until_reviewed if policy else None


def settle(
    closed: Collection[int],
    now: datetime,
    topic: str = "",
    entry: TopicEntry | None = None,
    opened: Iterable[Waiting] = (),
) -> None:
    """Hide what was alerted, and show what was hidden for alerts that nobody will review.

    Within the transaction that opens and closes them; locks are taken once.

    Parameters
    ----------
    closed
        Numbers of alerts that were closed without a decision.
    entry
        What is in force for the topic of those opened.
    """
    threshold = threshold_of(topic, entry)
    high = [w for w in opened if reaches(w.score, threshold)]
    versions = ListingVersion.objects.defer("payload").in_bulk([w.version for w in high])
    shown = StandingAction.objects.filter(until_reviewed__in=closed) if closed else None
    listings = {version.listing_id for version in versions.values()}
    listings |= set(shown.values_list("listing_id", flat=True)) if shown is not None else set()
    if not listings:
        return
    board = Board(listings)
    standings = standings_of([version.seller_id for version in versions.values()])
    hidden = [
        _hide(board, topic, entry, w, versions[w.version])
        for w in high
        if entry and standings.of(versions[w.version].seller_id, topic, now) is None
    ]
    changes = [change for change in hidden if change is not None]
    replaced = [change.replaces for change in changes]
    over = [row for row in board.rows if row.until_reviewed in closed]
    changes = [
        *(reversal(row, ACTIONS) for row in over if row.action not in replaced),
        *changes,
    ]
    write(board, changes, now)


def _hide(
    board: Board, topic: str, entry: TopicEntry, waiting: Waiting, version: ListingVersion
) -> Change | None:
    """Give what hides a listing; nothing where something decided holds about it already."""
    dry_run = is_dry(topic_file_of(topic, entry).actions)
    rows = board.of(version.listing_id, topic, Target.LISTING)
    before = [row for row in rows if row.stage == Stage.IN_FORCE and row.dry_run == dry_run]
    if any(row.until_reviewed is None for row in before):
        return None
    return Change(
        version=version,
        topic=topic,
        policy_version=entry.topic_file,
        kind=ActionKind.HIDE,
        origin=Origin.AUTOMATIC,
        stage=Stage.IN_FORCE,
        principal=ACTIONS,
        dry_run=dry_run,
        alert=waiting.alert,
        replaces=before[0].action if before else None,
        until_reviewed=waiting.alert,
    )
