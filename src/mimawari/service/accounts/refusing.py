"""The page that says why somebody is not let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from mimawari.service.accounts.client_address import client_address
from mimawari.service.accounts.sign_in_events import Refused, record_refusal

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TEMPLATE = "accounts/refused.html"


def refusal(request: HttpRequest, why: Refused, name: str, status: int = 403) -> HttpResponse:
    """Tell the ledger that somebody was refused, and them why."""
    record_refusal(name, why, client_address(request))
    return render(request, TEMPLATE, {"why": explained(why)}, status=status)


def explained(why: Refused) -> str:
    """Say why, and what to do, in the language of who reads."""
    return {
        Refused.DISABLED: _("Your account is disabled. An administrator can enable it."),
        Refused.NO_GROUP: _(
            "None of your groups at the identity provider means a role here."
            " Ask for the group, then log in again."
        ),
        Refused.NAME_TAKEN: _(
            "An account of your name exists already, or the name cannot be used here."
            " An administrator can link you to it."
        ),
        Refused.PROVIDER: _(
            "The identity provider did not confirm who you are: you cancelled, took too long,"
            " used an old link, or it does not answer. Try again."
        ),
    }.get(why, _("You could not be logged in."))
