"""What follows from a run's result: candidates are registered and scored as shadows, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.service.flows import runs
from mimawari.service.flows.models import Outcome, RunState
from mimawari.service.releases.activating import register_model
from mimawari.service.releases.generations import entry_in_force
from mimawari.service.releases.models import Release
from mimawari.service.releases.stages import Wish, enter
from mimawari.service.validation.validating import validate_alone

if TYPE_CHECKING:
    from mimawari.flows.records import Result
    from mimawari.flows.run_folder import RunFolder
    from mimawari.records.principal import Principal
    from mimawari.service.flows.models import FlowRun

DEPLOYS = "retrain"


def finish(run: FlowRun, folder: RunFolder, result: Result, actor: Principal) -> Outcome:
    """Take over what a run gave, and close it; done again after a kill it changes nothing more.

    Raises
    ------
    InvalidInputError
        A model cannot be registered or deployed: the run has failed and can be resumed.
    """
    outcome = outcome_of(result)
    if run.flow == DEPLOYS:
        try:
            for topic, model in outcome.models.items():
                number = _as_shadow(folder, topic, model, actor, f"{run.pk}: {run.reason}")
                if number is not None:
                    outcome.deployed[topic] = number
        except InvalidInputError as error:
            problems = {**outcome.problems, "deployment": str(error)}
            fail(run, msgspec.structs.replace(outcome, problems=problems), actor)
            raise
    with transaction.atomic():
        runs.end(run, RunState.SUCCEEDED, outcome, actor)
    return outcome


def fail(run: FlowRun, outcome: Outcome, actor: Principal) -> None:
    """Close a run that did not come to its end."""
    with transaction.atomic():
        runs.end(run, RunState.FAILED, outcome, actor)


def outcome_of(result: Result) -> Outcome:
    """Give what the database keeps of a result."""
    manifests = {of.topic: of.trained.manifest for of in result.topics if of.trained is not None}
    return Outcome(models=result.models, manifests=manifests, problems=result.problems)


def _as_shadow(
    folder: RunFolder, topic: str, model: str, actor: Principal, reason: str
) -> int | None:
    """Register a candidate, try it in a fresh process, and have it scored through its gates.

    None where it is deployed already, or a second person has to approve it first.
    """
    registered = register_model(folder.model(topic), actor)
    if registered != model:
        problem, remedy = f"is {registered}, not {model}", "start a new run"
        raise InvalidInputError(FieldProblem(topic, problem, remedy))
    entry = entry_in_force(topic)
    if entry is not None and model in {deployed.model for deployed in entry.deployments}:
        return None
    validate_alone(model, actor)
    entered = enter(Wish(model=model, stage=Stage.SHADOW, reason=reason), actor)
    return entered.generation_id if isinstance(entered, Release) else None
