"""Campaigns end by their stop rules; what they gave becomes a data set, and a retraining."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from mimawari.errors import InvalidInputError
from mimawari.flows.launch import require_metaflow
from mimawari.service.admission.campaigns import withdraw
from mimawari.service.audit.record import record
from mimawari.service.campaigns.changing import end, locked, running
from mimawari.service.campaigns.event_kinds import CAMPAIGN_RESULT, result_details
from mimawari.service.campaigns.filling import KEEPER, fill_all
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignResult,
    CampaignState,
    standing,
)
from mimawari.service.campaigns.progress import progress_of, reached
from mimawari.service.data_sets import making
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

logger = logging.getLogger(__name__)


class CampaignKeeper:
    """Ends what is due, notes what came of it, and fills the day.

    Parameters
    ----------
    start
        Starts a command beside this process, and waits for nothing.
    """

    def __init__(self, start: Callable[[Sequence[str]], object] | None = None) -> None:
        self._start = start or _beside
        self._begun: list[object] = []

    def work(self) -> None:
        """Do what is due; it may be cut off anywhere, and two may do it at once."""
        end_due()
        for change in without_result():
            self._note_result(change)
        fill_all()

    def _note_result(self, change: CampaignChange) -> None:
        """Make the data set, note it once, and begin the retraining that the plan asks for."""
        topic = change.campaign.topic
        data_set, problem = "", ""
        try:
            request = making.Request(topic, (topic,), clock.database_now(), {})
            data_set = making.make(request, KEEPER).pk
            if change.planned.retrain:
                require_metaflow()
        except InvalidInputError as error:
            problem = str(error.problems[0])
        retrain = bool(data_set and change.planned.retrain and not problem)
        if note(change, data_set, problem, retrain) and retrain:
            reason = f"campaign {change.campaign_id}: {change.campaign.name}"
            words = ("flow", "run", "retrain", "--topic", topic, "--data-set", data_set)
            self._begun.append(self._start((*words, "--reason", reason)))


def end_due() -> int:
    """End the campaigns whose goal, date or yield says so; gives how many that were."""
    campaigns = [change.campaign_id for change in running()]
    progress, ended = progress_of(campaigns), 0
    for number in campaigns:
        now = clock.database_now()
        with transaction.atomic():
            campaign, stands = locked(number)
            if campaign is None or stands is None or stands.state != CampaignState.RUNNING:
                continue
            why = reached(stands.planned, progress[number], now.date())
            if why:
                end(campaign, stands.planned, why, KEEPER)
                ended += 1
    return ended


def withdraw_ended(change: CampaignChange, now: datetime) -> int:
    """Close what an ended campaign still asks and nobody holds; its places are free again."""
    progress = progress_of([change.campaign_id])[change.campaign_id]
    with transaction.atomic():
        return withdraw(progress.open_alerts, now)


def without_result() -> list[CampaignChange]:
    """Give ended campaigns that wait for their data set: their last labels are mature by now."""
    ended = CampaignChange.objects.filter(state=CampaignState.ENDED.value)
    rows = Campaign.objects.filter(result=None, pk__in=ended.values("campaign"))
    changes = list(standing(list(rows.values_list("pk", flat=True))).values())
    now = clock.database_now()
    for change in changes:
        withdraw_ended(change, now)
    mature = now - timedelta(seconds=settings.CONFIG.label_maturity_seconds)
    return [change for change in changes if change.at <= mature]


def note(change: CampaignChange, data_set: str, problem: str, retraining: bool) -> bool:
    """Note what a campaign ended with; False where another keeper did at the same moment."""
    try:
        with transaction.atomic():
            row = CampaignResult.objects.create(
                campaign_id=change.campaign_id,
                data_set=data_set,
                problem=problem,
                retraining=retraining,
                at=clock.database_now(),
            )
            record(CAMPAIGN_RESULT, row.pk, KEEPER, result_details(row))
    except IntegrityError:
        return False
    return True


def _beside(words: Sequence[str]) -> object:
    """Run a command of ours in a process of its own."""
    logger.info("begins: mimawari %s", " ".join(words))
    return subprocess.Popen(  # noqa: S603  # our own command, by this interpreter
        [sys.executable, "-m", "mimawari", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
