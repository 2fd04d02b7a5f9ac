"""Groups of decisions in the user's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.service.review.refused import Why


def why_text(why: Why) -> str:
    """Say why a listing is not decided."""
    return {
        Why.UNKNOWN: _("no such version is known"),
        Why.EDITED: _("the seller edited it since; another version is the newest"),
        Why.ENDED: _("it ended: sold, withdrawn or removed"),
        Why.ERASED: _("what the seller wrote was erased"),
        Why.NOT_SCORED: _("it is not scored yet, or was set aside after errors"),
        Why.NOT_IN_FORCE: _("the policy is not in force where it is offered"),
        Why.DECIDED: _("another moderator decided it"),
        Why.DECIDED_BY_YOU: _("you decided it already; take that back first"),
        Why.HELD: _("another moderator has it on the screen"),
        Why.ESCALATED: _("it was left to a lead"),
    }[why]


def press_text(count: int) -> str:
    """Write what a press decides."""
    text = ngettext("Decide %(n)s listing", "Decide %(n)s listings", count)
    return text % {"n": count}


def decided_text(decided: int, asked: int) -> str:
    """Say how many were decided."""
    text = ngettext(
        "%(n)s of %(asked)s listing is decided",
        "%(n)s of %(asked)s listings are decided",
        asked,
    )
    return text % {"n": decided, "asked": asked}
