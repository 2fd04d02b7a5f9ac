"""Actions in the user's language, and those that follow a violation as the policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.records.action import ActionKind

if TYPE_CHECKING:
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.detectors.topicfile.schema import Severity


def kind_text(kind: ActionKind) -> str:
    """Name an action in the user's language."""
    return {
        ActionKind.NONE: _("nothing to be done"),
        ActionKind.WARN: _("warn the seller"),
        ActionKind.ASK_EDIT: _("ask for an edit"),
        ActionKind.HIDE: _("hide the listing"),
        ActionKind.DELETE: _("delete the listing"),
        ActionKind.RESTRICT: _("restrict the seller"),
    }[kind]


def following(topic: TopicFile, severity: Severity) -> list[str]:
    """Say what follows a violation of a severity: actions and strikes, a line each.

    Nothing where the policy asks for nothing.
    """
    lines = []
    policy, strikes = topic.actions, topic.strikes
    kinds = policy.kinds.get(severity, ()) if policy else ()
    if policy and kinds:
        how = _("at once") if severity in policy.automatic else _("proposed to a lead")
        what = ", ".join(kind_text(kind) for kind in kinds)
        lines.append(
            f"{what} · {how}" + (f" · {_('dry run, never sent')}" if policy.dry_run else "")
        )
    weight = strikes.weights.get(severity, 0) if strikes else 0
    if strikes and weight:
        text = ngettext(
            "%(n)s strike against the seller, for %(days)s days",
            "%(n)s strikes against the seller, for %(days)s days",
            weight,
        )
        lines.append(text % {"n": weight, "days": strikes.expires_days})
    if lines and topic.confirm_positives:
        lines.append(_("once a second moderator says so too"))
    return lines


def severity_text(severity: str) -> str:
    """Name a severity in the user's language."""
    return {
        "low": _("low severity"),
        "medium": _("medium severity"),
        "high": _("high severity"),
        "critical": _("critical severity"),
    }[severity]
