"""Causes of neglect and what helps, in the user's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.evaluation.neglect.causes import Cause


def cause_text(cause: Cause) -> str:
    """Say what is wrong."""
    return {
        Cause.FORGOTTEN: _("Forgotten beside the champion: neither compared nor validated since"),
        Cause.NEVER_IN_FORCE: _("Never in force since it was registered"),
        Cause.SILENT: _("No alert for its scores since"),
        Cause.NOT_REVIEWED: _("Alerts come, and none was decided since"),
        Cause.POLICY_CHANGED: _("The policy is newer than its labels"),
        Cause.LABELS_OLD: _("Its labels are old"),
        Cause.NEVER_RETRAINED: _("No newer model was trained since"),
        Cause.DATA_ERASED: _("The rows of its data set were erased"),
        Cause.READINGS_CHANGED: _("Readings changed since it was trained"),
        Cause.SCORES_MOVED: _("Its scores moved"),
        Cause.ALERTED: _("An alarm is open"),
        Cause.COSTLY: _("Catches too little beyond the rules for the hours of its upkeep"),
    }[cause]


def age_text(days: int) -> str:
    """Say how long it has been so.

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     age_text(40)
    '40 days'
    """
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": f"{days:,}"}
