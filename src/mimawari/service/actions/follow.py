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
from mimawari.service.intake.log import newest_versions
from mimawari.service.intake.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.service.intake.models import ListingVersion


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


def follow(rulings: Sequence[Ruling], now: datetime) -> None:
    """Record what is to be done now, within the transaction of the decisions.

    Parameters
    ----------
    rulings
        Each about another listing, or another topic of it. However many there are, it takes the
        same number of queries.
    """
    versions = [ruling.version for ruling in rulings]
    board = Board({v.listing_id for v in versions}, {v.seller_id for v in versions})
    known = _known(rulings, now)
    changes = []
    for ruling in rulings:
        wanted = _wanted(ruling, known)
        for target in Target:
            changes += _changes(board, ruling, target, wanted.get(target))
    write(board, changes, now)
    strikes.follow(board, rulings, now)


class _Known(msgspec.Struct, frozen=True):
    """What is asked of the store about all rulings at once.

    Parameters
    ----------
    edited
        Listing versions that have a newer one.
    spared
        Those of whose sellers nothing is hidden before somebody looked.
    """

    edited: set[int]
    spared: set[int]


def _known(rulings: Sequence[Ruling], now: datetime) -> _Known:
    hidden = [ruling for ruling in rulings if _hides_again(ruling)]
    standings = standings_of([ruling.version.seller_id for ruling in hidden]) if hidden else None
    spared = {
        ruling.version.pk
        for ruling in hidden
        if standings and standings.of(ruling.version.seller_id, ruling.topic, now) is not None
    }
    return _Known(_edited([r.version for r in rulings if _is_automatic(r)]), spared)


def _hides_again(ruling: Ruling) -> bool:
    """Whether an alert waits again, with a score from which on its listing is hidden."""
    policy, score = ruling.policy.actions, ruling.waiting_with
    if policy is None or ruling.finding != Finding.CLEAR or score is None:
        return False
    return reaches(score, policy.hide_until_reviewed)


def _is_automatic(ruling: Ruling) -> bool:
    policy = ruling.policy.actions
    violates = ruling.finding == Finding.VIOLATES
    return policy is not None and violates and ruling.severity in policy.automatic


def _wanted(ruling: Ruling, known: _Known) -> dict[Target, Wanted]:
    """Give what the policy asks for, by whom it concerns."""
    policy, number = ruling.policy.actions, ruling.version.pk
    if policy is None or ruling.version.state == State.ERASED:
        return {}
    if ruling.finding == Finding.CLEAR:
        if not _hides_again(ruling) or number in known.spared:
            return {}
        return {Target.LISTING: Wanted(ActionKind.HIDE, Stage.IN_FORCE, (), ruling.alert)}
    # What the seller wrote since is judged by itself; what stood there before is for somebody
    # to look at.
    at_once = _is_automatic(ruling) and number not in known.edited
    stage = Stage.IN_FORCE if at_once else Stage.PROPOSED
    kinds = policy.kinds.get(ruling.severity, ())
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


def _edited(versions: Sequence[ListingVersion]) -> set[int]:
    """Give those of listing versions, by their numbers, that have a newer one."""
    if not versions:
        return set()
    newest = newest_versions({version.listing_id for version in versions})
    return {v.pk for v in versions if newest[v.listing_id] > v.version}
