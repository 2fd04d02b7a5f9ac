"""Gathers what the store and a model's folder say of it, as its card."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from mimawari.detectors.golden import read_golden
from mimawari.detectors.resources import signature_statement
from mimawari.errors import InvalidInputError
from mimawari.evaluation.cards import CardDataSet, CardFigure, ModelCard
from mimawari.records.lineage import Lineage
from mimawari.records.measured import Source
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetVersion, ModelVersion
from mimawari.service.platform import clock
from mimawari.service.releases import gates
from mimawari.service.releases.attesting import registered
from mimawari.service.releases.models import Measurement, Release

if TYPE_CHECKING:
    from mimawari.records.measured import Measured

LOOKED_AT = 50
SHA256 = re.compile("[0-9a-f]{64}")


def card_of(version: str) -> ModelCard:
    """Give the card of a registered model.

    Raises
    ------
    InvalidInputError
        It is not registered.
    """
    stored = registered(version)
    digest, files, libraries = _folder(version)
    measured = _last_validation(version)
    stages = Release.objects.filter(model=version).order_by("pk").values_list("stage", flat=True)
    return ModelCard(
        version=version,
        topic=stored.topic,
        kind=stored.kind,
        at=clock.database_now(),
        registered_at=stored.created_at,
        registered_by=stored.actor,
        fingerprint=stored.fingerprint,
        digest=digest,
        files=files,
        libraries=libraries,
        lineage=stored.lineage,
        data=_data(stored),
        figures=tuple(CardFigure(k.at, k.figure) for k in gates.figures(version).values()),
        tables=measured.tables if measured else (),
        absent=measured.absent if measured else {},
        stages=tuple(stages),
    )


def _folder(version: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Give digest, files and libraries of the folder; nothing of one that is not at hand."""
    with suppress(InvalidInputError):
        folder = artifacts().folder(f"models/{version}")
        statement, golden = signature_statement(folder), read_golden(folder)
        resources = statement.predicate["resources"]
        assert isinstance(resources, list)
        files = {
            str(resource["name"]): str(resource["digest"])
            for resource in resources
            if isinstance(resource, dict)
        }
        libraries = dict(golden.made_on.libraries) if golden else {}
        return statement.subject[0].digest["sha256"], files, libraries
    return "", {}, {}


def _last_validation(version: str) -> Measured | None:
    rows = Measurement.objects.filter(model=version).order_by("-pk")[:LOOKED_AT]
    measured = (row.measured for row in rows)
    return next(
        (measurement for measurement in measured if measurement.source == Source.VALIDATION), None
    )


def _data(stored: ModelVersion) -> CardDataSet:
    lineage = Lineage.of(stored.lineage)
    kept = DataSetVersion.objects.filter(pk=stored.data_set).first() if stored.data_set else None
    return CardDataSet(
        version=stored.data_set,
        sha256=_sha256(lineage.data),
        rows=lineage.rows,
        positives=lineage.positives,
        sellers=lineage.sellers,
        languages=kept.card.languages if kept else {},
    )


def _sha256(text: str | None) -> str:
    return text if text is not None and SHA256.fullmatch(text) else ""
