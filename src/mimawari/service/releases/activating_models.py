"""A model's folder put in force at once: past the gates, by the name of who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.detectors.loading import load_model as load_folder
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.gates import Stage
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue import registering
from mimawari.service.releases import gates
from mimawari.service.releases.activating import manifest_in_force, next_manifest, require_topic
from mimawari.service.releases.building import prove
from mimawari.service.releases.stages import Wish, carry_out, require_open

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.principal import Principal


def activate_model(path: Path, actor: Principal, reason: str) -> int:
    """Verify a model's folder, register it, and let it score its topic; gives the generation.

    An override of the paved way, so it names who and why.

    Raises
    ------
    InvalidInputError
        The gate file asks for two persons, or the model is retired or gives no scores.
    """
    model = load_folder(path)
    require(actor, Permission.MODELS, model.topic)
    manifest = manifest_in_force()
    entry = require_topic(manifest, model.topic).with_champion(model.version)
    prove(manifest.with_topic(model.topic, entry), model)
    wish = Wish(model=model.version, stage=Stage.CHAMPION, reason=reason, override=reason)
    with transaction.atomic():
        require_topic(next_manifest(), model.topic)
        _refuse_alone(model.topic)
        registering.register_model(model, path, actor)
        require_open(wish, model.topic)
        release = carry_out(wish, model.topic, actor)
    assert release.generation_id is not None
    return release.generation_id


def _refuse_alone(topic: str) -> None:
    if gates.gates_in_force().policy.entry(topic, Stage.CHAMPION).persons > 1:
        remedy = "use 'mimawari models add', then 'mimawari models promote --override WHY'"
        raise InvalidInputError(FieldProblem("stage", "champion needs two persons", remedy))
