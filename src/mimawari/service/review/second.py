"""Second judgements: of a sample of decisions, and of every violation of topics that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from mimawari.alerts.exploration import chances
from mimawari.service.accounts.authority import reviewers
from mimawari.service.admission.models import CHOSEN, Alert, AlertState, Purpose
from mimawari.service.admission.priorities import days_with_room, drawn, ordinary_priorities
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.review.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def confirms_positives(alert: Alert) -> bool:
    """Whether the alert's topic wants its violations confirmed, as the policy in force says."""
    entry = alert.generation.manifest.topics[alert.topic]
    return topic_file_of(alert.topic, entry).confirm_positives


def in_sample(alert: Alert) -> bool:
    """Whether chance sends the case to a second moderator, whatever the first one says.

    Not those of a trial, which asks again by rules of its own, and not what somebody had
    searched for or a campaign chose: the sample is of what lists and chance brought.
    """
    if alert.purpose in (Purpose.TRIAL, *CHOSEN) or settings.CONFIG.second_share <= 0:
        return False
    secret = settings.SECRET_KEY.encode()
    ids = np.array([alert.listing_version_id], np.int64)
    return bool(chances(secret, f"second {alert.topic}", ids)[0] < settings.CONFIG.second_share)


def after_decision(alerts: Sequence[Alert], moderator: int, verdict: str, now: datetime) -> None:
    """Ask another moderator too, where a case is in the sample or needs confirmation.

    Parameters
    ----------
    alerts
        On which this was decided just now, all of one topic.
    """
    first = [alert for alert in alerts if alert.purpose not in (Purpose.SECOND, Purpose.GOLDEN)]
    violates = verdict == Verdict.VIOLATES
    asked = [a for a in first if (violates and confirms_positives(a)) or in_sample(a)]
    if not asked or not reviewers(asked[0].topic).exclude(pk=moderator).exists():
        return
    topic = asked[0].topic
    places = zip(asked, days_with_room(topic, now, len(asked)), strict=True)
    days = {alert.listing_version_id: day for alert, day in places}
    priorities = ordinary_priorities(topic, now.date())
    Alert.objects.bulk_create(
        (
            Alert(
                listing_version_id=alert.listing_version_id,
                topic=topic,
                purpose=Purpose.SECOND,
                day=days[alert.listing_version_id],
                score=alert.score,
                priority=drawn(priorities, alert.score),
                not_for_id=moderator,
                created_at=now,
                rescore_id=alert.rescore_id,
                judged_under_id=alert.judged_under_id,
            )
            for alert in asked
        ),
        ignore_conflicts=True,
    )
    withdrawn = Alert.objects.filter(
        listing_version__in=list(days),
        topic=topic,
        purpose=Purpose.SECOND,
        state=AlertState.SUPERSEDED,
    )
    for second in withdrawn:
        second.state, second.day = AlertState.OPEN, days[second.listing_version_id]
        second.not_for_id = moderator
        second.save()


def after_undo(alerts: Sequence[Alert]) -> None:
    """Withdraw confirmations that nobody has begun; a sampled case is asked again anyway."""
    unsampled = [alert for alert in alerts if not in_sample(alert)]
    if unsampled:
        Alert.objects.filter(
            listing_version__in=[alert.listing_version_id for alert in unsampled],
            topic=unsampled[0].topic,
            purpose=Purpose.SECOND,
            state=AlertState.OPEN,
            leased_by=None,
        ).update(state=AlertState.SUPERSEDED)
