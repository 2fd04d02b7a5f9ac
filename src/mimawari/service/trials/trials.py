"""Starting, stopping and finishing trials: by named people, with their reasons on record."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import MEASURED, Alert
from mimawari.service.releases import generations, going_back
from mimawari.service.releases.stages import Wish, enter_alone, require_before
from mimawari.service.review.models import Verdict
from mimawari.service.trials import design as designs
from mimawari.service.trials import events, refusals, spent
from mimawari.service.trials.deployed import enter
from mimawari.service.trials.event_bodies import Ended, Finished, Started
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState
from mimawari.service.trials.parameters import defaults_of
from mimawari.service.trials.round_pool import scored_up_to
from mimawari.service.trials.starting import BacktestFields, ExperimentFields

if TYPE_CHECKING:
    from mimawari.records.json import JsonObject
    from mimawari.records.manifest import TopicEntry
    from mimawari.records.principal import Principal
    from mimawari.service.releases.models import Generation
    from mimawari.service.trials.event_bodies import UsedAgain
    from mimawari.service.trials.starting import Start

RARE = 0.05
LEAST_DECISIONS = 50
# Rounds hold at least so many reviews where the day's capacity allows.
REVIEWS_A_ROUND = 10


def start(given: Start, actor: Principal) -> Trial:
    """Start a trial of the topic that its candidate is a model of.

    Raises
    ------
    InvalidInputError
        Where the trial could not give a true answer.
    """
    topic, candidate = refusals.topic_of(given.candidate), given.candidate
    reason, family, again = given.reason, given.family, given.again
    parameters = given.parameters()
    if isinstance(given, BacktestFields):
        until = given.trained_until
        return start_backtest(topic, candidate, actor, reason, until, family, again, **parameters)
    assert isinstance(given, ExperimentFields)
    after = given.after
    return start_experiment(topic, candidate, actor, reason, after, family, again, **parameters)


def start_backtest(
    topic: str,
    candidate: str,
    actor: Principal,
    reason: str,
    trained_until: datetime | None = None,
    family: str = "",
    again: str = "",
    **parameters: object,
) -> Trial:
    """Start a back-test of a registered model over the last days of history.

    Parameters
    ----------
    trained_until
        When the newest label that the candidate has seen was made, where its lineage does not
        say so (a model trained from a file without times).
    again
        Why a window that an earlier back-test of the same models judged may count once more.
    **parameters
        Of `Design`; what is left out follows from the topic.
    """
    require(actor, Permission.RUN_TRIALS, topic)
    generation, entry = refusals.topic_in_force(topic)
    model = refusals.candidate_of(topic, candidate, entry)
    require_before(Stage.BACKTESTED, candidate, topic)
    parameters = {**defaults_of(Kind.BACKTEST), **parameters}
    parameters.setdefault("reviews_per_day", max(2, entry.capacity // 4))
    days = parameters["window_days"]
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if isinstance(days, int):
        parameters.setdefault("window_start", today - timedelta(days=max(1, days)))
    design = _design(Kind.BACKTEST, topic, entry, parameters)
    assert design.window_start is not None
    refusals.window_without_history(design)
    refusals.trained_on_the_window(model, trained_until, design.window_start)
    if design.mode == "reuse":
        refusals.no_violation_known(topic)
    models = (entry.champion or "", candidate)
    earlier = spent.spent_by(topic, *models, design)
    spent.window_not_spent(earlier, again)
    spent.needless(again, earlier)
    trial = _trial(Kind.BACKTEST, topic, models, generation, design, (actor, reason), family)
    return _start(trial, actor, spent.used_again(earlier, again) if earlier else None)


def start_experiment(
    topic: str,
    candidate: str,
    actor: Principal,
    reason: str,
    after: int | None = None,
    family: str = "",
    again: str = "",
    **parameters: object,
) -> Trial:
    """Start an online trial inside the topic's daily capacity.

    Parameters
    ----------
    after
        Number of the back-test whose evidence is carried over, as ``carry`` says.
    again
        Why a back-test that an experiment took over before may be taken over once more.
    """
    require(actor, Permission.RUN_TRIALS, topic)
    generation, entry = refusals.topic_in_force(topic)
    refusals.candidate_of(topic, candidate, entry)
    require_before(Stage.EXPERIMENT, candidate, topic)
    parameters = {**defaults_of(Kind.EXPERIMENT), **parameters}
    parameters.setdefault("round_minutes", _round_minutes(entry.capacity))
    before, earlier = None, list[int]()
    if after is not None:
        carry = parameters.setdefault("carry", "strict")
        before = refusals.backtest_before(after, topic, candidate, entry, str(carry))
        earlier = spent.taken_over_by(before)
        spent.backtest_not_taken_over(before, earlier, again)
        parameters["rare"] = designs.design_of(before).rare
    elif parameters.get("carry", "none") != "none":
        raise refusals.refuse("carry", "has no back-test to take over from", "name one: 'after'")
    spent.needless(again, earlier)
    design = _design(Kind.EXPERIMENT, topic, entry, parameters)
    refusals.stream_too_small(design, entry)
    models = (entry.champion or "", candidate)
    trial = _trial(Kind.EXPERIMENT, topic, models, generation, design, (actor, reason), family)
    trial.after = before
    return _start(trial, actor, spent.used_again(earlier, again) if earlier else None)


def start_guard(experiment: Trial, actor: Principal, reason: str, **parameters: object) -> Trial:
    """Watch a promoted model against the one it replaced, on a share of where they differ."""
    require(actor, Permission.RUN_TRIALS, experiment.topic)
    generation, entry = refusals.topic_in_force(experiment.topic)
    if experiment.kind != Kind.EXPERIMENT or entry.champion != experiment.candidate:
        raise refusals.refuse(
            "trial", "has not brought its candidate in force", "finish the experiment first"
        )
    parameters = {**defaults_of(Kind.GUARD), **parameters}
    parameters.setdefault("round_minutes", _round_minutes(entry.capacity))
    design = _design(Kind.GUARD, experiment.topic, entry, parameters)
    models = (experiment.champion, experiment.candidate)
    trial = _trial(Kind.GUARD, experiment.topic, models, generation, design, (actor, reason))
    trial.after = experiment
    return _start(trial, actor)


def stop(trial: Trial, actor: Principal, reason: str) -> Trial:
    """End a trial before its decision; what it has found stays on record."""
    require(actor, Permission.RUN_TRIALS, trial.topic)
    with transaction.atomic():
        current = Trial.objects.select_for_update().get(pk=trial.pk)
        if current.state == TrialState.ENDED:
            raise refusals.refuse(
                "trial", f"{trial.pk} has ended", "look at its page for the outcome"
            )
        events.end(current, Outcome.STOPPED, actor, Ended(reason=reason))
    return current


def finish(trial: Trial, actor: Principal, reason: str) -> int:
    """Bring in force what a trial decided, with its evidence; gives the generation.

    An experiment that ended with *promote* brings its candidate in force. A guard that ended
    with *reject* brings back the model that was replaced.

    Raises
    ------
    InvalidInputError
        Where the trial did not say so, or another model serves the topic by now.
    """
    require(actor, Permission.RUN_TRIALS, trial.topic)
    promoted = trial.kind == Kind.EXPERIMENT and trial.outcome == Outcome.PROMOTE
    rolled_back = trial.kind == Kind.GUARD and trial.outcome == Outcome.REJECT
    serving, following = trial.champion, trial.candidate
    if rolled_back:
        serving, following = following, serving
    reasons = []
    if not promoted and not rolled_back:
        reasons.append(
            FieldProblem(
                "trial",
                "is no experiment that ended with promote, nor a guard that ended with reject",
                "'mimawari models activate' overrides with a name and a reason",
            )
        )
    with transaction.atomic():
        generations.lock()
        _, entry = refusals.topic_in_force(trial.topic)
        if (entry.champion or "") != serving:
            now = entry.champion or "rules alone"
            problem = f"is {now} by now, not the one compared with"
            reasons.append(FieldProblem("champion", problem, "compare with that one"))
        if reasons:
            raise InvalidInputError(*reasons)
        return _activate(trial, following, actor, reason)


def _activate(trial: Trial, version: str, actor: Principal, reason: str) -> int:
    ended = events.last_end(trial)
    evidence: JsonObject = {"trial": trial.pk, "evidence": ended.plain() if ended else {}}
    if trial.kind == Kind.GUARD:
        release = going_back.roll_back(trial.topic, actor, reason, version, evidence)
    else:
        wish = Wish(model=version, stage=Stage.CHAMPION, reason=reason, evidence=evidence)
        release = enter_alone(wish, actor)
    assert release.generation_id is not None
    body = Finished(generation=release.generation_id, reason=reason, model=version)
    events.record(trial, body, actor, sealed=True)
    return release.generation_id


def _design(
    kind: Kind, topic: str, entry: TopicEntry, parameters: dict[str, object]
) -> designs.Design:
    parameters.setdefault("capacity", entry.capacity)
    parameters.setdefault("seed", secrets.randbits(32))
    if "rare" not in parameters:
        parameters["rare"] = _rare(topic)
    return designs.make(kind, parameters)


def _rare(topic: str) -> bool:
    """Whether few of what moderators decided were violations."""
    decided = Alert.objects.filter(
        topic=topic, decisions__replaced_by=None, purpose__in=MEASURED
    ).aggregate(
        all=Count("decisions"),
        hits=Count("decisions", filter=Q(decisions__verdict=Verdict.VIOLATES)),
    )
    if decided["all"] < LEAST_DECISIONS:
        return False
    return bool(decided["hits"] / decided["all"] < RARE)


def _round_minutes(capacity: int) -> int:
    """Give rounds of about `REVIEWS_A_ROUND` reviews, an hour at least and a day at most."""
    return min(1440, max(60, 1440 * REVIEWS_A_ROUND // max(1, capacity)))


def _trial(
    kind: Kind,
    topic: str,
    models: tuple[str, str],
    generation: Generation,
    design: designs.Design,
    who: tuple[Principal, str],
    family: str = "",
) -> Trial:
    return Trial(
        kind=kind,
        topic=topic,
        champion=models[0],
        candidate=models[1],
        generation=generation,
        design=msgspec.to_builtins(design),
        family=family,
        state=TrialState.PREPARING if kind == Kind.BACKTEST else TrialState.RUNNING,
        actor=who[0].name,
        reason=who[1],
    )


def _start(trial: Trial, actor: Principal, override: UsedAgain | None = None) -> Trial:
    """Write a trial down, the only live one of its topic, with who and why.

    From the next generation on scorers score an experiment's topic with both models, and its
    rounds make the lists.
    """
    with transaction.atomic():
        generations.lock()
        refusals.none_live(trial.topic)
        if trial.kind != Kind.BACKTEST:
            trial.design["after_version"] = scored_up_to()
        trial.created_at = timezone.now()
        trial.save(force_insert=True)
        if trial.kind != Kind.BACKTEST:
            enter(trial, actor)
        body = Started(
            reason=trial.reason,
            design=designs.design_of(trial),
            generation=trial.generation_id,
        )
        events.record(trial, body, actor, sealed=True)
        if override:
            events.record(trial, override, actor, sealed=True)
    return trial
