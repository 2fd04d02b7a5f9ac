"""Models in stages for tests that are about something else."""

from __future__ import annotations

from pathlib import Path

from mimawari.evaluation.gates import Stage
from mimawari.records.deployment import Slot
from mimawari.records.measured import Figure, Measured, Source
from mimawari.records.principal import Principal
from mimawari.service.releases import gates
from mimawari.service.releases.activating import register_model
from mimawari.service.releases.models import Release
from mimawari.service.releases.stages import Wish, enter
from tests.acting import TESTS

STAGES = {Slot.SHADOW: Stage.SHADOW, Slot.CANARY: Stage.CANARY, Slot.CHAMPION: Stage.CHAMPION}


def deploy(version: str, slot: Slot, actor: Principal, reason: str, share: float = 1.0) -> int:
    """Put a registered model into a slot past its gates; gives the generation."""
    wish = Wish(model=version, stage=STAGES[slot], reason=reason, share=share, override="a test")
    release = enter(wish, actor)
    assert isinstance(release, Release)
    assert release.generation_id is not None
    return release.generation_id


def register_validated(folder: Path, actor: Principal) -> str:
    """Register a model as one that passed every gate of its validation."""
    version = register_model(folder, actor)
    measured(version, golden_scores=0.0, milliseconds=1.0, megabytes=10.0)
    if Stage.VALIDATED not in gates.reached(version):
        enter(Wish(model=version, stage=Stage.VALIDATED, reason="a test"), actor)
    return version


def measured(version: str, **values: float) -> None:
    """Keep figures of a model, by measure."""
    figures = tuple(Figure(measure=name, value=value) for name, value in values.items())
    gates.keep_measured(version, Measured(source=Source.VALIDATION, figures=figures), TESTS)
