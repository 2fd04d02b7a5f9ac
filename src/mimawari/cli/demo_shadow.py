"""The demo's second version of one model: a shadow, measured after the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.detectors.gbdt.rows import collect
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.source import FileSource
from mimawari.evaluation.choosing.task import Task
from mimawari.evaluation.gates import Stage
from mimawari.records.lineage import Lineage
from mimawari.simulation import sample

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.principal import Principal

TOPIC, KIND = "drugs_controlled", "tfidf"
MOST_A_CLASS = 2_000
"""Rows that it learns from: seconds of a core."""


def add_shadow(folder: Path, actor: Principal) -> str:
    """Train another kind of model for one topic, and let it be scored beside the one in force."""
    from mimawari.service.releases.activating import register_model
    from mimawari.service.releases.stages import Wish, enter
    from mimawari.service.validation.validating import validate_alone

    rows = collect(FileSource(sample.TRAIN).labelled(TOPIC), MOST_A_CLASS)
    contest = Contest(Task(TOPIC, rows, settings_of(1, augment=False)))
    contest.save(KIND, Lineage(by="demo", data="sample"), folder)
    version = register_model(folder, actor)
    validate_alone(version, actor)
    enter(Wish(model=version, stage=Stage.SHADOW, reason=f"{KIND}, for the demo"), actor)
    return version


def measure_shadow(version: str, actor: Principal) -> str:
    """Measure it on what was streamed; gives a line that says what came of it."""
    from mimawari.service.validation.validating import validate

    validation = validate(version, actor)
    overlap = [f for f in validation.measured.figures if f.measure == "alert_overlap"]
    shared = f": {overlap[0].statement} are the champion's too" if overlap else ""
    return f"{version} scored beside the champion{shared}."
