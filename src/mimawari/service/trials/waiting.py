"""What a trial that goes on waits for, so that nobody has to guess why nothing happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.errors import InvalidInputError
from mimawari.evaluation.trial import Outcome as Says
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.trials.assigning import next_due, waiting_alerts
from mimawari.service.trials.design import design_of
from mimawari.service.trials.event_bodies import Failed, said_of
from mimawari.service.trials.evidence import fold
from mimawari.service.trials.models import Kind, TrialState
from mimawari.service.trials.rounds import next_round

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.service.trials.evidence import Fold
    from mimawari.service.trials.models import Trial


def waits_for(trial: Trial, now: datetime) -> list[str]:
    """Say what must happen before a running trial goes on, in the user's language.

    Nothing for a trial that has ended, and for one that is being prepared without trouble.
    """
    if trial.state == TrialState.ENDED:
        return []
    last = trial.events.order_by("-pk").first()
    if last is not None and last.kind == Failed.kind:
        return [_("a remedy for this: %(problem)s") % {"problem": said_of(last.body)}]
    if trial.state == TrialState.PREPARING:
        return []
    try:
        folded = fold(trial)
    except InvalidInputError as error:
        return [_("a remedy for this: %(problem)s") % {"problem": error}]
    return [*_to_decide(trial, folded), *_for_labels(trial, folded, now)]


def _to_decide(trial: Trial, folded: Fold) -> list[str]:
    """Give what a trial whose evidence suffices still waits for."""
    design, says, checks = design_of(trial), folded.evidence.outcome, folded.rechecks
    reasons = []
    if says == Says.PROMOTE and trial.family:
        reasons.append(
            _("the decision on its family: mimawari experiment decide %(family)s")
            % {"family": trial.family}
        )
    left = checks.asked - checks.answered
    if says != Says.CONTINUE and trial.kind == Kind.BACKTEST and left > 0:
        reasons.append(
            _("%(left)s of %(asked)s old labels that are asked for again")
            % {"left": left, "asked": checks.asked}
        )
    if says == Says.CONTINUE and folded.evidence.days < design.minimum_days:
        reasons.append(
            _("days: %(days)s of at least %(least)s are in")
            % {"days": folded.evidence.days, "least": design.minimum_days}
        )
    return reasons


def _for_labels(trial: Trial, folded: Fold, now: datetime) -> list[str]:
    """Give which verdicts are missing, and where none is, when there will be more to judge."""
    mine = waiting_alerts(trial).count()
    versions = trial.items.exclude(listing_version=None).values("listing_version_id")
    second = Alert.objects.filter(
        topic=trial.topic,
        state=AlertState.OPEN,
        purpose=Purpose.SECOND,
        listing_version_id__in=versions,
    ).count()
    doubted = len(folded.judging_one_sidedly)
    reasons = []
    if mine:
        reasons.append(
            ngettext(
                "a moderator's verdict on %(n)s item", "moderators' verdicts on %(n)s items", mine
            )
            % {"n": mine}
        )
    if folded.again:
        n = len(folded.again)
        reasons.append(
            ngettext("another moderator for %(n)s item", "another moderator for %(n)s items", n)
            % {"n": n}
        )
    if second:
        reasons.append(
            ngettext(
                "a second moderator to confirm %(n)s violation",
                "a second moderator to confirm %(n)s violations",
                second,
            )
            % {"n": second}
        )
    if doubted:
        reasons.append(_("other moderators than those who say the same to everything"))
    return reasons or _for_items(trial, now)


def _for_items(trial: Trial, now: datetime) -> list[str]:
    if trial.kind != Kind.BACKTEST:
        at = next_round(trial)
        if at <= now:
            return [_("its next round, which is due now")]
        return [_("its next round, due %(at)s UTC") % {"at": f"{at:%Y-%m-%d %H:%M}"}]
    if not next_due(trial):
        return []
    tomorrow = now.date() + timedelta(days=1)
    return [_("reviews of %(day)s: those of today are spent") % {"day": f"{tomorrow:%Y-%m-%d}"}]
