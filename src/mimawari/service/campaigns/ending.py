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
from mimawari.service.campaigns.changing import end, going_on, locked
from mimawari.service.campaigns.event_kinds import CAMPAIGN_RESULT, result_details
from mimawari.service.campaigns.filling import KEEPER, fill_all
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignResult,
    CampaignState,
    EndedFor,
    standing,
)
from mimawari.service.campaigns.progress import progress_of, reached
from mimawari.service.data_sets import making
from mimawari.service.flows.models import FlowRun
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

logger = logging.getLogger(__name__)
RETRAINED_WITHIN = timedelta(days=1)


class CampaignKeeper:
    """Ends what is due, notes what came of it, and fills the day.

    Parameters
    ----------
    start
        Starts a command beside this process, and waits for nothing.
    """

    def __init__(self, start: Callable[[Sequence[str]], object] | None = None) -> None:
        self._start = start or _beside
        self._begun: dict[int, object] = {}

    def work(self) -> None:
        """Do what is due; it may be cut off anywhere, and two may do it at once."""
        end_due()
        for change in without_result():
            self._note_result(change)
        for result in lost_retrainings():
            self._retrain(result)
        fill_all()

    def _note_result(self, change: CampaignChange) -> None:
        """Make the data set, and note it once, with whether the plan asks for a retraining."""
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
        note(change, data_set, problem, retrain)

    def _retrain(self, result: CampaignResult) -> None:
        """Begin a retraining, once in this process: it takes seconds until its run is noted."""
        if result.campaign_id in self._begun:
            return
        topic, reason = result.campaign.topic, reason_of(result.campaign)
        words = ("flow", "run", "retrain", "--topic", topic, "--data-set", result.data_set)
        self._begun[result.campaign_id] = self._start((*words, "--reason", reason))


def reason_of(campaign: Campaign) -> str:
    """Give why a campaign's retraining runs, by which the run is known."""
    return f"campaign {campaign.pk}: {campaign.name}"


def lost_retrainings() -> list[CampaignResult]:
    """Give the newest results whose retraining has no run: not begun yet, or killed before it.

    Of two that begin one at once the second is refused: a flow runs once a topic.
    """
    since = clock.database_now() - RETRAINED_WITHIN
    asked = CampaignResult.objects.filter(retraining=True, at__gte=since).select_related("campaign")
    results = list(asked.order_by("pk"))
    reasons = [reason_of(result.campaign) for result in results]
    runs = set(FlowRun.objects.filter(reason__in=reasons).values_list("reason", flat=True))
    return [result for result in results if reason_of(result.campaign) not in runs]


def end_due() -> int:
    """End the campaigns whose goal, date or yield says so; gives how many that were.

    A paused one ends by its date.
    """
    campaigns = [change.campaign_id for change in going_on()]
    progress, ended = progress_of(campaigns), 0
    for number in campaigns:
        now = clock.database_now()
        with transaction.atomic():
            campaign, stands = locked(number)
            if campaign is None or stands is None or stands.state == CampaignState.ENDED:
                continue
            if stands.state == CampaignState.RUNNING:
                why = reached(stands.planned, progress[number], now.date())
            else:
                why = EndedFor.DATE.value if now.date() > stands.planned.until else ""
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
