"""Checks, changes and causes of data sets in the user's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mimawari.datasets.differences import Cause, Change

COUNTS = frozenset({"classes", "delay", "balance"})
"""Checks whose measure is no share."""


def check_text(name: str) -> str:
    """Name a check; one of a later version by its own name."""
    return {
        "classes": _("classes without a label"),
        "unjoined": _("labels whose listing is gone"),
        "unsettled": _("judged, and nothing known"),
        "conflicting": _("texts with both labels"),
        "repeated": _("labels that repeat another"),
        "delay": _("days to the decision, median"),
        "other_policy": _("labels under an older policy"),
        "one_seller": _("violations of one seller"),
        "balance": _("share of violations moved, ratio"),
        "languages": _("mix of languages moved"),
    }.get(name, name)


def level_text(level: str) -> str:
    """Say what a finding does."""
    return {"passed": _("passed"), "caution": _("caution"), "stops": _("stops it")}[level]


def measure_text(check: str, value: float) -> str:
    """Write what a check measures: a share, or a number.

    Examples
    --------
    >>> measure_text("unjoined", 0.05), measure_text("delay", 12.5)
    ('5%', '12.5')
    """
    return f"{value:.3g}" if check in COUNTS else f"{100 * value:.3g}%"


def change_text(change: str) -> str:
    """Say what became of a label."""
    return {
        Change.ADDED: _("added"),
        Change.DROPPED: _("dropped"),
        Change.RELABELLED: _("relabelled"),
    }[Change(change)]


def cause_text(cause: str) -> str:
    """Say why."""
    return {
        Cause.DECIDED_SINCE: _("decided since"),
        Cause.NOT_KNOWN_YET: _("decided before, and not old enough or not confirmed then"),
        Cause.TAKEN_BACK: _("taken back, or no longer agreed on"),
        Cause.ERASED: _("erased"),
        Cause.OTHER_POLICY: _("decided again under another policy version"),
        Cause.DECIDED_AGAIN: _("decided again"),
        Cause.OTHER_TERMS: _("the same decisions under other terms"),
    }[Cause(cause)]


def value_text(value: int | None) -> str:
    """Say what a label says; a dash where there is none."""
    if value is None:
        return "–"
    return _("violates") if value else _("does not violate")
