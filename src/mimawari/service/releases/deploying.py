"""Models beside the champion: canaries with a share of the sellers, and shadows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.deployment import Deployment, Slot
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.releases import generations
from mimawari.service.releases.activating import next_manifest, require_topic

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest, TopicEntry
    from mimawari.records.principal import Principal


def put_beside(topic: str, deployment: Deployment, actor: Principal, reason: str) -> int:
    """Put a registered model beside its topic's champion, within the caller's transaction.

    It is scored in the same pass as the champion. A canary's scores compete for the top K for
    its share of the sellers; nothing follows from a shadow's. Gives the generation.

    Raises
    ------
    InvalidInputError
        The model is the champion, or a trial compares models of the topic.
    """
    manifest = with_beside(next_manifest(), topic, deployment)
    return generations.advance(manifest, actor, reason).number


def deployment_of(version: str, slot: Slot, share: float) -> Deployment:
    """Give a deployment beside the champion; a shadow scores every seller's listings.

    Parameters
    ----------
    share
        Part of the sellers, above 0 and below 1, of a canary; they are the same ones as long as
        it is not lowered.
    """
    if slot == Slot.CANARY and not 0 < share < 1:
        raise InvalidInputError(FieldProblem("share", f"is {share:g}", "give one between 0 and 1"))
    return Deployment(model=version, slot=slot, share=share if slot == Slot.CANARY else 1.0)


def undeploy(version: str, actor: Principal, reason: str) -> int:
    """Take a model from beside the champion; gives the generation.

    Raises
    ------
    InvalidInputError
        It is beside no champion.
    """
    with transaction.atomic():
        manifest = next_manifest()
        topics = [
            topic
            for topic, entry in manifest.topics.items()
            if version in {deployment.model for deployment in entry.beside}
        ]
        if not topics:
            remedy = "see 'mimawari models list'"
            raise InvalidInputError(FieldProblem("model", "is beside no champion", remedy))
        require(actor, Permission.MODELS, *topics)
        for topic in topics:
            _refuse_on_trial(manifest.topics[topic])
            manifest = manifest.with_topic(topic, manifest.topics[topic].without(version))
        return generations.advance(manifest, actor, reason).number


def with_beside(manifest: Manifest, topic: str, deployment: Deployment) -> Manifest:
    """Give the manifest with a model beside the champion."""
    entry = require_topic(manifest, topic)
    _refuse_on_trial(entry)
    if entry.champion == deployment.model:
        remedy = "name another model"
        raise InvalidInputError(FieldProblem("model", "is the champion itself", remedy))
    return manifest.with_topic(topic, entry.with_beside(deployment))


def _refuse_on_trial(entry: TopicEntry) -> None:
    """Leave a comparison as it was begun."""
    if entry.trial is not None:
        remedy = "wait for its end, or stop it"
        problem = f"is compared by trial {entry.trial}"
        raise InvalidInputError(FieldProblem("topic", problem, remedy))
