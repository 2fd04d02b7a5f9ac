"""What happens to trials, on record: in their own events and in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.db import transaction
from django.utils import timezone

from mimawari.records.principal import Principal
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.record import record as write_event
from mimawari.service.trials.event_bodies import End, Ended, EventBody, end_of
from mimawari.service.trials.event_kinds import KINDS, TrialDetails
from mimawari.service.trials.models import Outcome, TrialEvent, TrialState
from mimawari.service.trials.outcomes import note_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.trials.models import Trial

TRIALS = Principal("system", "trials", "trials")


B = TypeVar("B", bound=EventBody)


def record(trial: Trial, body: EventBody, actor: Principal, sealed: bool = False) -> TrialEvent:
    """Add an event; ``sealed`` ones go to the ledger as well."""
    kind, plain = body.kind, body.plain()
    with transaction.atomic():
        event = TrialEvent.objects.create(
            trial=trial, at=timezone.now(), kind=kind, actor=actor.name, body=plain
        )
        if sealed:
            about = (trial.pk, trial.kind, trial.topic, trial.champion, trial.candidate)
            write_event(KINDS[kind], trial.pk, actor, TrialDetails(*about, statement=plain))
    return event


def last(trial: Trial, kind: type[B]) -> B | None:
    """Give what the last event of a kind said; None where there was none."""
    event = TrialEvent.objects.filter(trial=trial, kind=kind.kind).order_by("-pk").first()
    return None if event is None else msgspec.convert(event.body, kind)


def last_end(trial: Trial) -> End | None:
    """Give what was recorded at a trial's end; None where it has not ended."""
    return last_ends([trial]).get(trial.pk)


def last_ends(trials: Sequence[Trial]) -> dict[int, End]:
    """Give the same of many trials with one query, by their numbers."""
    rows = TrialEvent.objects.filter(trial__in=trials, kind=Ended.kind).order_by("pk")
    return {trial: end_of(body) for trial, body in rows.values_list("trial_id", "body")}


def end(trial: Trial, outcome: Outcome, actor: Principal, body: End) -> None:
    """End a trial, within the caller's transaction, and close what nobody has begun to judge."""
    trial.state, trial.outcome = TrialState.ENDED, outcome
    trial.save(update_fields=("state", "outcome"))
    ending = msgspec.structs.replace(body, outcome=outcome.value)
    record(trial, ending, actor, sealed=True)
    note_outcome(trial, outcome, ending, actor)
    waiting = Alert.objects.filter(trial_items__trial=trial, purpose=Purpose.TRIAL)
    now = timezone.now()
    free = waiting.filter(state=AlertState.OPEN).exclude(leased_until__gt=now)
    Alert.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(
        state=AlertState.EXPIRED
    )
