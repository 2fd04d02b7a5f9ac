"""What a review page is told of a decision that was not saved."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.review.gone import Gone, ItemGoneError
from mimawari.service.review.holding import EscalatedError


class Kind(StrEnum):
    """Why; by it the page knows whether it can be saved later, and by whom."""

    GONE = "gone"
    UNPROVEN = "unproven"
    ACCOUNT = "account"
    LOG_IN = "log_in"


class Refusal(msgspec.Struct, frozen=True):
    """Why a decision was not saved, in the user's language."""

    kind: Kind
    text: str

    def response(self, status: int = 409) -> HttpResponse:
        """Give the answer that says so."""
        return HttpResponse(
            msgspec.json.encode(self), content_type="application/json", status=status
        )


def why_refused(error: InvalidInputError) -> str:
    """Say why a decision was refused."""
    if isinstance(error, ItemGoneError):
        return _gone(error.gone)
    if isinstance(error, EscalatedError):
        return _("It was left to a lead.")
    if isinstance(error, ForbiddenError):
        return _("Your account does not review this topic any more.")
    return str(error)


def _gone(gone: Gone) -> str:
    return {
        Gone.DECIDED_BY_YOU: _("You had decided it already, in another tab; that stands."),
        Gone.DECIDED: _("Another moderator had decided it."),
        Gone.EDITED: _("The seller had edited the listing; what you saw is no longer offered."),
        Gone.ENDED: _("The listing had ended: it was sold, withdrawn or removed."),
        Gone.SPARED: _("Policy had trusted or exempted the seller meanwhile."),
        Gone.ERASED: _("What the seller wrote was erased."),
        Gone.DISPLACED: _("Listings with higher scores had taken its place."),
        Gone.WITHDRAWN: _("It had left the list."),
        Gone.HELD: _("Your time for it was over, and another moderator has it."),
        Gone.RETURNED: _("Your time for it was over, and it went back to the queue."),
    }[gone]
