"""What is said of campaigns, in the user's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mimawari.service.campaigns.models import CampaignState, EndedFor
from mimawari.service.campaigns.plan import Source


def source_text(source: str) -> str:
    """Name a source; a later version may know more of them."""
    names: dict[str, str] = {
        Source.UNCERTAIN.value: _("scores near the threshold"),
        Source.MODELS.value: _("models that disagree"),
        Source.SHADOWS.value: _("champion and shadow that rank otherwise"),
        Source.NEAR_VIOLATIONS.value: _("near-duplicates of violations"),
        Source.MODERATORS.value: _("verdicts that the model doubts"),
        Source.RANDOM.value: _("chance"),
    }
    return names.get(source, source)


def state_text(state: str, ended_for: str) -> str:
    """Say how a campaign stands, and why it ended."""
    if state == CampaignState.ENDED:
        return {
            EndedFor.GOAL.value: _("ended: the goal is reached"),
            EndedFor.DATE.value: _("ended: its date has come"),
            EndedFor.YIELD.value: _("ended: it yields too little"),
            EndedFor.HAND.value: _("ended by hand"),
        }.get(ended_for, ended_for)
    return _("paused") if state == CampaignState.PAUSED else _("running")
