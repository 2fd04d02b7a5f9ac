"""A trial's model in the topic's deployments: put there at the start, taken away at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.deployment import Deployment, Slot
from mimawari.service.releases import generations
from mimawari.service.releases.activating import next_manifest, require_topic
from mimawari.service.trials.models import Kind

if TYPE_CHECKING:
    from mimawari.records.principal import Principal
    from mimawari.service.trials.models import Trial


def shadow_of(trial: Trial) -> str:
    """Give the model that a trial compares with the one in force; nothing where rules alone."""
    return trial.champion if trial.kind == Kind.GUARD else trial.candidate


def enter(trial: Trial, actor: Principal) -> int:
    """Deploy a trial's model as a shadow, and let the trial make the topic's lists.

    Within the caller's transaction; gives the generation. Whatever is scored under it was
    scored with both models, and waits for the trial's rounds.
    """
    manifest = next_manifest()
    entry = require_topic(manifest, trial.topic)
    if shadow := shadow_of(trial):
        entry = entry.with_beside(Deployment(model=shadow, slot=Slot.SHADOW))
    entry = msgspec.structs.replace(entry, trial=trial.pk)
    reason = f"{trial.kind} {trial.pk}: {trial.reason}"
    manifest = manifest.with_topic(trial.topic, entry)
    return generations.advance(manifest, actor, reason).number


def leave(trial: Trial, actor: Principal) -> int | None:
    """Take a trial's model away, but where it was deployed before; gives the generation.

    None where the trial does not make the topic's lists any more.
    """
    manifest = next_manifest()
    entry = manifest.topics.get(trial.topic)
    if entry is None or entry.trial != trial.pk:
        return None
    shadow = shadow_of(trial)
    before = trial.generation.manifest.topics[trial.topic].beside
    entry = msgspec.structs.replace(entry.without(shadow), trial=None)
    for deployment in before:
        if deployment.model == shadow != entry.champion:
            entry = entry.with_beside(deployment)
    manifest = manifest.with_topic(trial.topic, entry)
    reason = f"{trial.kind} {trial.pk} has ended"
    return generations.advance(manifest, actor, reason).number
