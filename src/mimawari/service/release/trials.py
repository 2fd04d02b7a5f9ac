"""Starting and stopping trials, with every reason to refuse one."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.intake.models import ListingVersion
from mimawari.service.ops import generations
from mimawari.service.ops.models import ModelVersion
from mimawari.service.release import design as designs
from mimawari.service.release import events
from mimawari.service.release.models import Kind, Outcome, Trial, TrialState
from mimawari.service.review.models import Alert, Verdict

if TYPE_CHECKING:
    from mimawari.service.ops.models import Generation

RARE = 0.05
LEAST_DECISIONS = 50
# Rounds hold at least so many reviews where the day's capacity allows.
REVIEWS_A_ROUND = 10


def start_backtest(
    topic: str,
    candidate: str,
    actor: str,
    reason: str,
    trained_until: datetime | None = None,
    family: str = "",
    **parameters: Any,  # noqa: ANN401  (checked by `design.make`)
) -> Trial:
    """Start a back-test of a registered model over the last days of history.

    Parameters
    ----------
    trained_until
        When the newest label that the candidate has seen was made, where its lineage does not
        say so (a model trained from a file without times).
    **parameters
        Of `Design`; what is left out follows from the topic.

    Raises
    ------
    InvalidInputError
        Where the trial could not give a true answer; every reason is named.
    """
    generation, entry = _topic(topic)
    model = _candidate(topic, candidate, entry)
    parameters.setdefault("mode", "reuse")
    parameters.setdefault("minimum_days", 14)
    parameters.setdefault("reviews_per_day", max(1, entry["capacity"] // 4))
    days = parameters.get("window_days", 28)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    parameters.setdefault("window_start", (today - timedelta(days=max(1, days))).isoformat())
    design = _design(Kind.BACKTEST, topic, entry, parameters)
    assert design.window_start is not None
    _not_trained_on_the_window(model, trained_until, design.window_start)
    _stream_is_larger(design, design.window_start)
    return _start(
        Trial(
            kind=Kind.BACKTEST,
            topic=topic,
            champion=entry.get("model") or "",
            candidate=candidate,
            generation=generation,
            design=msgspec.to_builtins(design),
            family=family,
            state=TrialState.PREPARING,
            actor=actor,
            reason=reason,
        )
    )


def start_experiment(
    topic: str,
    candidate: str,
    actor: str,
    reason: str,
    after: int | None = None,
    family: str = "",
    **parameters: Any,  # noqa: ANN401  (checked by `design.make`)
) -> Trial:
    """Start an online trial inside the topic's daily capacity.

    Parameters
    ----------
    after
        Number of the back-test whose evidence is carried over, as ``carry`` says.
    """
    generation, entry = _topic(topic)
    _candidate(topic, candidate, entry)
    parameters.setdefault("mode", "safe")
    parameters.setdefault("round_minutes", _round_minutes(entry["capacity"]))
    before = _backtest(after, topic, candidate, entry) if after is not None else None
    if before is not None:
        parameters.setdefault("carry", "strict")
        parameters["rare"] = designs.design_of(before).rare
    elif parameters.get("carry", "none") != "none":
        raise InvalidInputError(
            FieldProblem("carry", "has no back-test to take over from", "name one with 'after'")
        )
    design = _design(Kind.EXPERIMENT, topic, entry, parameters)
    _stream_is_larger(design, timezone.now() - timedelta(days=7), days=7)
    return _start(
        Trial(
            kind=Kind.EXPERIMENT,
            topic=topic,
            champion=entry.get("model") or "",
            candidate=candidate,
            generation=generation,
            design=msgspec.to_builtins(design),
            family=family,
            after=before,
            state=TrialState.RUNNING,
            actor=actor,
            reason=reason,
        )
    )


def start_guard(experiment: Trial, actor: str, reason: str, **parameters: Any) -> Trial:  # noqa: ANN401  (checked by `design.make`)
    """Watch a promoted model against the one it replaced, on a share of where they differ."""
    generation, entry = _topic(experiment.topic)
    if entry.get("model") != experiment.candidate:
        raise InvalidInputError(
            FieldProblem("trial", "has not brought its candidate in force", "finish it first")
        )
    parameters.setdefault("mode", "guard")
    parameters.setdefault("days", 28)
    parameters.setdefault("round_minutes", _round_minutes(entry["capacity"]))
    design = _design(Kind.GUARD, experiment.topic, entry, parameters)
    return _start(
        Trial(
            kind=Kind.GUARD,
            topic=experiment.topic,
            champion=experiment.champion,
            candidate=experiment.candidate,
            generation=generation,
            design=msgspec.to_builtins(design),
            after=experiment,
            state=TrialState.RUNNING,
            actor=actor,
            reason=reason,
        )
    )


def stop(trial: Trial, actor: str, reason: str) -> Trial:
    """End a trial before its decision; what it has found stays on record."""
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state == TrialState.ENDED:
            raise InvalidInputError(
                FieldProblem("trial", f"{trial.pk} has ended", "look at its page for the outcome")
            )
        events.end(current, Outcome.STOPPED, actor, {"reason": reason})
    return current


def finish(trial: Trial, actor: str, reason: str) -> int:
    """Bring a promoted candidate in force, with the trial as evidence; gives the generation.

    Raises
    ------
    InvalidInputError
        Where the trial did not say to promote, or the champion is another one by now.
    """
    from mimawari.service.ops.commands import activate_registered

    said = []
    if trial.kind != Kind.EXPERIMENT or trial.outcome != Outcome.PROMOTE:
        said.append(
            FieldProblem(
                "trial",
                "is no experiment that ended with promote",
                "only an experiment's candidate can be finished; "
                "`mimawari models activate` overrides with a name and a reason",
            )
        )
    _, entry = _topic(trial.topic)
    if (entry.get("model") or "") != trial.champion:
        now = entry.get("model") or "rules alone"
        said.append(
            FieldProblem("champion", f"is {now} by now, not the one compared with", "compare again")
        )
    if said:
        raise InvalidInputError(*said)
    body = {"trial": trial.pk, "evidence": events.last(trial, "ended")}
    with transaction.atomic():
        number = activate_registered(trial.candidate, actor, reason, body)
        events.record(trial, "finished", actor, {"generation": number, "reason": reason})
    return number


def _topic(topic: str) -> tuple[Generation, dict[str, Any]]:
    newest = generations.current()
    entry = newest.manifest["topics"].get(topic) if newest else None
    if newest is None or entry is None:
        raise InvalidInputError(
            FieldProblem("topic", f"{topic!r} is not in force", "activate its topic file first")
        )
    return newest, entry


def _candidate(topic: str, candidate: str, entry: dict[str, Any]) -> ModelVersion:
    model = ModelVersion.objects.filter(id=candidate).first()
    if model is None:
        raise InvalidInputError(
            FieldProblem("candidate", f"{candidate!r} is not registered", "`mimawari models add`")
        )
    if model.topic != topic:
        raise InvalidInputError(
            FieldProblem("candidate", f"is a model of {model.topic!r}", f"name one of {topic!r}")
        )
    if entry.get("model") == candidate:
        raise InvalidInputError(
            FieldProblem("candidate", "is the champion itself", "name another model")
        )
    return model


def _design(
    kind: Kind, topic: str, entry: dict[str, Any], parameters: dict[str, Any]
) -> designs.Design:
    parameters.setdefault("capacity", entry["capacity"])
    parameters.setdefault("seed", secrets.randbits(32))
    if "rare" not in parameters:
        parameters["rare"] = _rare(topic)
    return designs.make(kind, parameters)


def _rare(topic: str) -> bool:
    """Whether few of what moderators decided were violations."""
    decided = Alert.objects.filter(topic=topic, decisions__replaced_by=None).aggregate(
        all=Count("decisions"),
        hits=Count("decisions", filter=Q(decisions__verdict=Verdict.VIOLATES)),
    )
    if decided["all"] < LEAST_DECISIONS:
        return False
    return bool(decided["hits"] / decided["all"] < RARE)


def _not_trained_on_the_window(model: ModelVersion, told: datetime | None, start: datetime) -> None:
    """Refuse a candidate that may have learnt the window's labels by heart."""
    noted = model.lineage.get("labels_until")
    until = datetime.fromisoformat(noted) if noted else told
    if until is None:
        raise InvalidInputError(
            FieldProblem(
                "candidate",
                "does not say until when its labels go",
                "train it with --until, or say so with 'trained_until'",
            )
        )
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    if until > start:
        raise InvalidInputError(
            FieldProblem(
                "candidate",
                f"was trained on labels until {until:%Y-%m-%d}, inside of the window that starts "
                f"on {start:%Y-%m-%d}: it would know the answers",
                f"train it with --until {start:%Y-%m-%d} or earlier",
            )
        )


def _stream_is_larger(design: designs.Design, start: datetime, days: int | None = None) -> None:
    """Refuse a capacity that would list everything."""
    span = days or design.window_days
    end = start + timedelta(days=span)
    scored = ListingVersion.objects.filter(
        received_at__gte=start, received_at__lt=end, score__isnull=False
    ).count()
    if days is None and not scored:
        raise InvalidInputError(
            FieldProblem(
                "window_days",
                f"no listing was scored from {start:%Y-%m-%d} to {end:%Y-%m-%d}",
                "wait until there is history, or give a window that has some",
            )
        )
    if scored and scored / span <= design.capacity and days is None:
        raise InvalidInputError(
            FieldProblem(
                "capacity",
                f"of {design.capacity} is no less than the {scored / span:.0f} listings a day: "
                "both models would list all of them",
                "give a smaller capacity",
            )
        )


def _round_minutes(capacity: int) -> int:
    """Give rounds of about `REVIEWS_A_ROUND` reviews, an hour at least and a day at most."""
    return min(1440, max(60, 1440 * REVIEWS_A_ROUND // max(1, capacity)))


def _backtest(number: int, topic: str, candidate: str, entry: dict[str, Any]) -> Trial:
    found = Trial.objects.filter(pk=number, kind=Kind.BACKTEST, topic=topic).first()
    if found is None or found.candidate != candidate:
        raise InvalidInputError(
            FieldProblem("after", f"{number} is no back-test of this candidate", "see the list")
        )
    if found.outcome == Outcome.REJECT:
        raise InvalidInputError(
            FieldProblem("after", f"{number} rejected the candidate", "train a better one")
        )
    if found.state != TrialState.ENDED:
        raise InvalidInputError(FieldProblem("after", f"{number} has not ended", "wait or stop it"))
    if found.champion != (entry.get("model") or ""):
        raise InvalidInputError(
            FieldProblem("after", f"{number} compared with another champion", "run it again")
        )
    return found


def _none_live(topic: str) -> None:
    live = Trial.objects.filter(topic=topic).exclude(state=TrialState.ENDED).first()
    if live is not None:
        raise InvalidInputError(
            FieldProblem("topic", f"has {live.kind} {live.pk} running", "wait, or stop that first")
        )


def _start(trial: Trial) -> Trial:
    """Write a trial down, the only live one of its topic, with who and why."""
    with transaction.atomic():
        _none_live(trial.topic)
        trial.created_at = timezone.now()
        trial.save(force_insert=True)
        body = {"reason": trial.reason, "design": trial.design, "generation": trial.generation_id}
        events.record(trial, "started", trial.actor, body, sealed=True)
    return trial
