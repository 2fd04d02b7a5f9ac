"""What happens to trials, on record: in their own events and in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from mimawari.records.principal import Principal
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.record import record as write_event
from mimawari.service.trials.event_kinds import KINDS, TrialDetails
from mimawari.service.trials.models import Outcome, TrialEvent, TrialState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.trials.models import Trial

STEWARD = Principal("system", "steward", "steward")


def record(
    trial: Trial, kind: str, actor: Principal, body: dict[str, Any], sealed: bool = False
) -> TrialEvent:
    """Add an event; ``sealed`` ones go to the ledger as well."""
    with transaction.atomic():
        event = TrialEvent.objects.create(
            trial=trial, at=timezone.now(), kind=kind, actor=actor.name, body=body
        )
        if sealed:
            about = (trial.pk, trial.kind, trial.topic, trial.champion, trial.candidate)
            write_event(KINDS[kind], trial.pk, actor, TrialDetails(*about, statement=body))
    return event


def last(trial: Trial, kind: str) -> dict[str, Any]:
    """Give what the last event of a kind said; nothing where there was none."""
    found = TrialEvent.objects.filter(trial=trial, kind=kind).order_by("-pk").first()
    return dict(found.body) if found else {}


def last_of(trials: Sequence[Trial], kind: str) -> dict[int, dict[str, Any]]:
    """Give the same of many trials with one query, by their numbers."""
    rows = TrialEvent.objects.filter(trial__in=trials, kind=kind).order_by("pk")
    return {trial: dict(body) for trial, body in rows.values_list("trial_id", "body")}


def end(trial: Trial, outcome: Outcome, actor: Principal, body: dict[str, Any]) -> None:
    """End a trial, within the caller's transaction, and close what nobody has begun to judge."""
    trial.state, trial.outcome = TrialState.ENDED, outcome
    trial.save(update_fields=("state", "outcome"))
    record(trial, "ended", actor, {"outcome": outcome, **body}, sealed=True)
    waiting = Alert.objects.filter(trial_items__trial=trial, purpose=Purpose.TRIAL)
    now = timezone.now()
    free = waiting.filter(state=AlertState.OPEN).exclude(leased_until__gt=now)
    Alert.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(
        state=AlertState.EXPIRED
    )
