"""Let actions follow what was decided: whatever holds is compared with what the policy asks for.

Nothing depends on the order in which decisions, undo and second judgements come, and what is said
twice changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.topicfile.schema import reaches
from mimawari.records.action import ActionKind, Origin, Target
from mimawari.service.actions import strikes
from mimawari.service.actions.board import Board, in_stage
from mimawari.service.actions.models import Action, Stage, StandingAction
from mimawari.service.actions.ruling import Finding, Ruling
from mimawari.service.actions.writing import Change, is_dry, reversal, write
from mimawari.service.catalogue.standings import standings_of
from mimawari.service.intake.models import ListingVersion, State

if TYPE_CHECKING:
    from datetime import datetime


class Wanted(msgspec.Struct, frozen=True):
    """What the policy asks for; after no decision it is for as long as an alert waits."""

    kind: ActionKind
    stage: Stage
    decisions: tuple[int, ...] = ()
    until_reviewed: int | None = None

    def is_met_by(self, row: StandingAction) -> bool:
        """Whether this holds already."""
        if self.until_reviewed is not None:
            return row.until_reviewed == self.until_reviewed
        return row.action.kind == self.kind and row.action.decision in self.decisions


def follow(ruling: Ruling, now: datetime) -> None:
    """Record what is to be done now, within the transaction of the decision."""
    version = ruling.version
    board = Board([version.listing_id], version.seller_id)
    wanted = _wanted(ruling, now)
    changes = [
        change
        for target in Target
        for change in _changes(board, ruling, target, wanted.get(target))
    ]
    write(board, changes, now)
    strikes.follow(board, ruling, now)


def _is_spared(ruling: Ruling, now: datetime) -> bool:
    """Whether nothing of the seller is hidden before somebody looked."""
    seller = ruling.version.seller_id
    return standings_of([seller]).of(seller, ruling.topic, now) is not None


def _wanted(ruling: Ruling, now: datetime) -> dict[Target, Wanted]:
    """Give what the policy asks for, by whom it concerns."""
    policy = ruling.policy.actions
    if policy is None or ruling.version.state == State.ERASED:
        return {}
    if ruling.finding == Finding.CLEAR:
        threshold, score = policy.hide_until_reviewed, ruling.waiting_with
        if score is None or not reaches(score, threshold) or _is_spared(ruling, now):
            return {}
        return {Target.LISTING: Wanted(ActionKind.HIDE, Stage.IN_FORCE, (), ruling.alert)}
    severity = ruling.severity
    automatic = ruling.finding == Finding.VIOLATES and severity in policy.automatic
    # What the seller wrote since is judged by itself; what stood there before is for somebody
    # to look at.
    stage = Stage.IN_FORCE if automatic and not _edited(ruling.version) else Stage.PROPOSED
    kinds = policy.kinds.get(severity, ())
    return {kind.target: Wanted(kind, stage, ruling.violations) for kind in kinds}


def _changes(board: Board, ruling: Ruling, target: Target, wanted: Wanted | None) -> list[Change]:
    version = ruling.version
    rows = board.of(version.listing_id, ruling.topic, target)
    rows = [row for row in rows if row.action.threshold is None]  # see strikes.py
    if any(_by_hand(row) for row in rows):  # it stands until somebody lifts it
        return []
    if ruling.finding == Finding.DISPUTED or any(_newer(row, version) for row in rows):
        return []
    if wanted is None:
        ended = [] if ruling.finding == Finding.UNCONFIRMED else rows
        return [reversal(row, ruling.principal, decision=ruling.decision) for row in ended]
    if wanted.until_reviewed is not None:
        return _hidden_again(ruling, rows, wanted)
    dry_run = is_dry(ruling.policy.actions)
    mine = [row for row in rows if row.dry_run == dry_run]
    met = [row for row in mine if wanted.is_met_by(row)]
    in_force = in_stage(mine, Stage.IN_FORCE, dry_run)
    proposal = in_stage(mine, Stage.PROPOSED, dry_run)
    if wanted.stage == Stage.PROPOSED:
        gone = [row for row in rows if _was_confirmed(row, ruling)]
        changes = [reversal(row, ruling.principal, decision=ruling.decision) for row in gone]
        if all(row in gone for row in met):
            changes.append(_new(ruling, wanted, dry_run, replaces=proposal))
        return changes
    if any(row.stage == Stage.IN_FORCE for row in met):
        return []
    return [_new(ruling, wanted, dry_run, replaces=in_force, proposal=proposal)]


def _hidden_again(ruling: Ruling, rows: list[StandingAction], wanted: Wanted) -> list[Change]:
    """Hide while an alert waits once more, and take back what followed the decision."""
    dry_run = is_dry(ruling.policy.actions)
    in_force = next((r for r in rows if r.stage == Stage.IN_FORCE and r.dry_run == dry_run), None)
    rest = [row for row in rows if row is not in_force]
    changes = [reversal(row, ruling.principal, decision=ruling.decision) for row in rest]
    if in_force is not None and wanted.is_met_by(in_force):
        return changes
    replaces = None if in_force is None else in_force.action
    return [*changes, _new(ruling, wanted, dry_run, replaces=replaces)]


def _new(
    ruling: Ruling,
    wanted: Wanted,
    dry_run: bool,
    replaces: Action | None = None,
    proposal: Action | None = None,
) -> Change:
    decided = wanted.until_reviewed is None
    return Change(
        version=ruling.version,
        topic=ruling.topic,
        policy_version=ruling.policy_version,
        kind=wanted.kind,
        origin=Origin.AUTOMATIC if wanted.stage == Stage.IN_FORCE else Origin.PROPOSED,
        stage=wanted.stage,
        principal=ruling.principal,
        dry_run=dry_run,
        severity=ruling.severity.value if decided else None,
        clauses=ruling.clauses if decided else (),
        alert=ruling.alert,
        decision=ruling.followed if decided else None,
        replaces=replaces,
        proposal=proposal,
        until_reviewed=wanted.until_reviewed,
    )


def _was_confirmed(row: StandingAction, ruling: Ruling) -> bool:
    """Whether the policy took it once a second moderator agreed, who does not any more."""
    automatic = row.stage == Stage.IN_FORCE and row.action.origin == Origin.AUTOMATIC
    unconfirmed = ruling.finding == Finding.UNCONFIRMED
    return automatic and unconfirmed and row.until_reviewed is None


def _by_hand(row: StandingAction) -> bool:
    """Whether somebody restricted the seller, whatever is decided of a listing."""
    return row.target == Target.SELLER and row.action.decision is None


def _newer(row: StandingAction, version: ListingVersion) -> bool:
    return row.action.listing_version.version > version.version


def _edited(version: ListingVersion) -> bool:
    later = ListingVersion.objects.filter(
        listing_id=version.listing_id, version__gt=version.version
    )
    return later.exists()
