"""What a trial that goes on waits for, so that nobody has to guess why nothing happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.evaluation.trial import Outcome as Says
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.trials.assigning import next_due, waiting_alerts
from mimawari.service.trials.design import design_of
from mimawari.service.trials.models import Kind, Trial, TrialState
from mimawari.service.trials.rounds import next_round
from mimawari.service.trials.waits import Waits

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.service.trials.evidence import Fold


def note(trial: Trial, waits: Waits) -> None:
    """Keep what a trial waits for, where it is another than before."""
    if trial.waits != waits:
        trial.waits = waits
        Trial.objects.filter(pk=trial.pk).update(waits=waits)


def waits_of(trial: Trial, folded: Fold, now: datetime) -> Waits:
    """Gather what a running trial waits for, by its evidence now."""
    design, says, checks = design_of(trial), folded.evidence.outcome, folded.rechecks
    left = checks.asked - checks.answered
    again = says != Says.CONTINUE and trial.kind == Kind.BACKTEST and left > 0
    early = says == Says.CONTINUE and folded.evidence.days < design.minimum_days
    verdicts = waiting_alerts(trial).count()
    confirmations = _to_confirm(trial)
    asked = verdicts or folded.again or confirmations or folded.judging_one_sidedly
    backtest = trial.kind == Kind.BACKTEST
    tomorrow = now.date() + timedelta(days=1)
    return Waits(
        family=says == Says.PROMOTE and bool(trial.family),
        rechecks=(left, checks.asked) if again else None,
        days=folded.evidence.days if early else None,
        verdicts=verdicts,
        another=len(folded.again),
        confirmations=confirmations,
        doubted=bool(folded.judging_one_sidedly),
        next_round=None if asked or backtest else next_round(trial),
        reviews_on=tomorrow if not asked and backtest and next_due(trial) else None,
    )


def _to_confirm(trial: Trial) -> int:
    """Count the violations that a second moderator is asked to confirm."""
    versions = trial.items.exclude(listing_version=None).values("listing_version_id")
    return Alert.objects.filter(
        topic=trial.topic,
        state=AlertState.OPEN,
        purpose=Purpose.SECOND,
        listing_version_id__in=versions,
    ).count()


def waits_for(trial: Trial, now: datetime) -> list[str]:
    """Say in the user's language what must happen before a trial goes on.

    Nothing for a trial that has ended, and for one that is being prepared without trouble.
    """
    waits = trial.waits
    if trial.state == TrialState.ENDED:
        return []
    if waits is not None and waits.problem:
        return [_("a remedy for this: %(problem)s") % {"problem": waits.problem}]
    if trial.state == TrialState.PREPARING:
        return []
    if waits is None:
        return [_("the trials role, which has not looked at it yet")]
    return [*_to_decide(trial, waits), *_for_labels(waits), *_for_items(waits, now)]


def _to_decide(trial: Trial, waits: Waits) -> list[str]:
    """Say what a trial whose evidence suffices still waits for."""
    reasons = []
    if waits.family:
        reasons.append(
            _("the decision on its family: mimawari experiment decide %(family)s")
            % {"family": trial.family}
        )
    if waits.rechecks is not None:
        left, asked = waits.rechecks
        reasons.append(
            _("%(left)s of %(asked)s old labels that are asked for again")
            % {"left": left, "asked": asked}
        )
    if waits.days is not None:
        reasons.append(
            _("days: %(days)s of at least %(least)s are in")
            % {"days": waits.days, "least": design_of(trial).minimum_days}
        )
    return reasons


def _for_labels(waits: Waits) -> list[str]:
    """Say which verdicts are missing."""
    verdicts = ngettext(
        "a moderator's verdict on %(n)s item",
        "moderators' verdicts on %(n)s items",
        waits.verdicts,
    )
    another = ngettext(
        "another moderator for %(n)s item", "another moderator for %(n)s items", waits.another
    )
    confirmed = ngettext(
        "a second moderator to confirm %(n)s violation",
        "a second moderator to confirm %(n)s violations",
        waits.confirmations,
    )
    counts = (
        (verdicts, waits.verdicts),
        (another, waits.another),
        (confirmed, waits.confirmations),
    )
    reasons = [text % {"n": n} for text, n in counts if n]
    if waits.doubted:
        reasons.append(_("other moderators than those who say the same to everything"))
    return reasons


def _for_items(waits: Waits, now: datetime) -> list[str]:
    """Say when there is more to judge."""
    if waits.next_round is not None and waits.next_round <= now:
        return [_("its next round, which is due now")]
    if waits.next_round is not None:
        at = f"{waits.next_round:%Y-%m-%d %H:%M}"
        return [_("its next round, due %(at)s UTC") % {"at": at}]
    if waits.reviews_on is not None:
        day = f"{waits.reviews_on:%Y-%m-%d}"
        return [_("reviews of %(day)s: those of today are spent") % {"day": day}]
    return []
