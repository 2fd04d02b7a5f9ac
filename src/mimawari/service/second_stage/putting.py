"""Puts a second stage in force: tried on every clause first, with its cases in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.detectors.second_stage.asking import StageAsker
from mimawari.detectors.second_stage.prompt import Policy, version_of
from mimawari.detectors.second_stage.trying import try_cases
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.second_stage import MOST_ASKED, SecondStage
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.topic_files import topic_file_of
from mimawari.service.releases import generations
from mimawari.service.releases.activating import manifest_in_force, next_manifest, require_topic

if TYPE_CHECKING:
    from mimawari.detectors.second_stage.stage_file import StageFile
    from mimawari.detectors.second_stage.trying import CaseResult
    from mimawari.records.deployment import Slot
    from mimawari.records.json import JsonObject
    from mimawari.records.manifest import TopicEntry
    from mimawari.records.principal import Principal

REMEDY = "mend the policy's text or the case; or say why it is used all the same (--override)"


class Put(msgspec.Struct, frozen=True):
    """A second stage that is in force."""

    version: str
    generation: int
    cases: list[CaseResult]


def try_stage(file: StageFile, key: str) -> list[CaseResult]:
    """Run the test cases of a file with the policy in force; nothing changes.

    Raises
    ------
    InvalidInputError
        A clause is not tried, or the topic has no policy in force.
    """
    entry = require_topic(manifest_in_force(), file.topic)
    policy = Policy.of(topic_file_of(file.topic, entry))
    file.check_clauses(policy.clauses)
    asker = StageAsker(file.spec, policy, key)
    try:
        return try_cases(asker, file.cases)
    finally:
        asker.close()


def put_stage(
    file: StageFile, slot: Slot, actor: Principal, reason: str, key: str, override: str = ""
) -> Put:
    """Run the test cases, and put the stage in its slot of the topic.

    Parameters
    ----------
    override
        Why it is used although cases fail; the ledger keeps it with who says so.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        A case fails, a trial compares models of the topic, or the policy changed meanwhile.
    """
    require(actor, Permission.MODELS, file.topic)
    policy_hash = _policy_hash(file.topic, require_topic(manifest_in_force(), file.topic))
    cases = try_stage(file, key)
    failing = [case for case in cases if not case.passes]
    if failing and not override.strip():
        raise InvalidInputError(
            *(FieldProblem(case.place, case.failure, REMEDY) for case in failing)
        )
    stage = SecondStage(
        version=version_of(file.topic, file.spec, policy_hash),
        spec=file.spec,
        slot=slot,
        policy_hash=policy_hash,
    )
    with transaction.atomic():
        manifest = next_manifest()
        entry = require_topic(manifest, file.topic)
        _refuse(entry, file, policy_hash)
        entry = msgspec.structs.replace(entry, second_stage=stage)
        evidence = _evidence(stage, cases, failing, override.strip())
        manifest = manifest.with_topic(file.topic, entry)
        generation = generations.advance(manifest, actor, reason, evidence).number
    return Put(stage.version, generation, cases)


def withdraw_stage(topic: str, actor: Principal, reason: str) -> int:
    """Let the first stage order the list alone; gives the generation.

    Raises
    ------
    InvalidInputError
        The topic has no second stage.
    """
    require(actor, Permission.MODELS, topic)
    with transaction.atomic():
        manifest = next_manifest()
        entry = require_topic(manifest, topic)
        if entry.second_stage is msgspec.UNSET:
            remedy = "see 'mimawari second-stage show'"
            raise InvalidInputError(FieldProblem("topic", "has no second stage", remedy))
        entry = msgspec.structs.replace(entry, second_stage=msgspec.UNSET)
        return generations.advance(manifest.with_topic(topic, entry), actor, reason).number


def _policy_hash(topic: str, entry: TopicEntry) -> str:
    return Policy.of(topic_file_of(topic, entry)).hash


def _refuse(entry: TopicEntry, file: StageFile, policy_hash: str) -> None:
    if entry.trial is not None:
        problem = f"is compared by trial {entry.trial}, whose rounds make the lists"
        raise InvalidInputError(FieldProblem("topic", problem, "wait for its end, or stop it"))
    if _policy_hash(file.topic, entry) != policy_hash:
        problem, remedy = "changed while its cases were run", "repeat the command"
        raise InvalidInputError(FieldProblem("policy", problem, remedy))
    if entry.capacity * file.spec.m > MOST_ASKED:
        problem = f"x K is {entry.capacity * file.spec.m:,} listings a day"
        remedy = f"lower m: at most {MOST_ASKED:,}"
        raise InvalidInputError(FieldProblem("stage.m", problem, remedy))


def _evidence(
    stage: SecondStage, cases: list[CaseResult], failing: list[CaseResult], override: str
) -> JsonObject:
    evidence: JsonObject = {
        "second_stage": stage.version,
        "slot": str(stage.slot),
        "cases": len(cases),
        "failing": [f"{case.place}: {case.failure}" for case in failing],
    }
    return evidence | {"override": override} if failing else evidence
