"""Why a moderator may not decide an alert any more that was theirs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.admission.models import WAITING, AlertState
from mimawari.service.intake.models import State
from mimawari.service.review.models import Decision

if TYPE_CHECKING:
    from mimawari.service.admission.models import Alert


class Gone(StrEnum):
    """What became of it."""

    DECIDED_BY_YOU = "is closed: you decided it already, in another tab or through a key"
    DECIDED = "is closed: another moderator decided it"
    EDITED = "is closed: the listing was edited, its new text is looked at anew"
    ENDED = "is closed: the listing ended (sold, withdrawn or removed) before it was decided"
    SPARED = "is closed: policy has trusted or exempted the seller meanwhile"
    ERASED = "is closed: what the seller wrote was erased"
    DISPLACED = "is closed: higher scores took its place"
    WITHDRAWN = "is closed: it left the list"
    HELD = "is held by another moderator: your lease was over"
    RETURNED = "went back to the queue: you gave it back, or your lease was over"


class ItemGoneError(InvalidInputError):
    """A decision that came too late."""

    def __init__(self, gone: Gone) -> None:
        self.gone = gone
        super().__init__(FieldProblem("alert", gone.value, "take the next one"))


def why_gone(alert: Alert, moderator: int) -> Gone | None:
    """Say why a moderator may not decide an alert; None where they may.

    A lease that is over is still theirs until another one takes it.
    """
    if alert.state in WAITING:
        if alert.leased_by_id == moderator:
            return None
        return Gone.HELD if alert.leased_by_id else Gone.RETURNED
    if alert.listing_version.state == State.ERASED:
        return Gone.ERASED
    if alert.state == AlertState.DECIDED:
        last = Decision.objects.filter(alert=alert).order_by("-id").first()
        mine = last is not None and last.moderator_id == moderator
        return Gone.DECIDED_BY_YOU if mine else Gone.DECIDED
    closed = {
        AlertState.SUPERSEDED: Gone.EDITED,
        AlertState.DISPLACED: Gone.DISPLACED,
        AlertState.ENDED: Gone.ENDED,
        AlertState.SPARED: Gone.SPARED,
    }
    return closed.get(AlertState(alert.state), Gone.WITHDRAWN)
