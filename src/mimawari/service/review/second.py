"""Second judgements: of a sample of decisions, and of every violation of topics that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from mimawari.alerts.exploration import chances
from mimawari.service.accounts.authority import reviewers
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.admission.priorities import day_with_room, drawn, ordinary_priorities
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.review.models import Verdict

if TYPE_CHECKING:
    from datetime import datetime


def confirms_positives(alert: Alert) -> bool:
    """Whether the alert's topic wants its violations confirmed, as the policy in force says."""
    entry = alert.generation.manifest.topics[alert.topic]
    return topic_file_of(alert.topic, entry).confirm_positives


def in_sample(alert: Alert) -> bool:
    """Whether chance sends the case to a second moderator, whatever the first one says.

    Not those of a trial, which asks again by rules of its own, and not what somebody had
    searched for: the sample is of what was asked.
    """
    if alert.purpose in (Purpose.TRIAL, Purpose.SEARCH) or settings.CONFIG.second_share <= 0:
        return False
    secret = settings.SECRET_KEY.encode()
    ids = np.array([alert.listing_version_id], np.int64)
    return bool(chances(secret, f"second {alert.topic}", ids)[0] < settings.CONFIG.second_share)


def after_decision(alert: Alert, moderator: int, verdict: str, now: datetime) -> None:
    """Ask another moderator too, where the case is in the sample or needs confirmation."""
    if alert.purpose in (Purpose.SECOND, Purpose.GOLDEN):
        return
    confirm = verdict == Verdict.VIOLATES and confirms_positives(alert)
    if not (confirm or in_sample(alert)):
        return
    if not reviewers(alert.topic).exclude(pk=moderator).exists():
        return
    day = day_with_room(alert.topic, now)
    second, created = Alert.objects.get_or_create(
        listing_version_id=alert.listing_version_id,
        topic=alert.topic,
        purpose=Purpose.SECOND,
        defaults={
            "day": day,
            "score": alert.score,
            "priority": drawn(ordinary_priorities(alert.topic, now.date()), alert.score),
            "not_for_id": moderator,
            "created_at": now,
            "rescore_id": alert.rescore_id,
        },
    )
    if not created and second.state == AlertState.SUPERSEDED:
        second.state, second.day, second.not_for_id = AlertState.OPEN, day, moderator
        second.save()


def after_undo(alert: Alert) -> None:
    """Withdraw a confirmation that nobody has begun; a sampled case is asked again anyway."""
    if not in_sample(alert):
        Alert.objects.filter(
            listing_version_id=alert.listing_version_id,
            topic=alert.topic,
            purpose=Purpose.SECOND,
            state=AlertState.OPEN,
            leased_by=None,
        ).update(state=AlertState.SUPERSEDED)
