"""Tries a candidate on the edge cases of its topic, as it would alert at the topic's capacity."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import InvalidInputError
from mimawari.evaluation.validation.edge_cases import MEASURED, Cases, Scored, figures_of
from mimawari.listings.batch import ListingBatch
from mimawari.records.label import Verdict
from mimawari.records.lineage import Lineage
from mimawari.records.measured import Measured, Source
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.data_sets import reading
from mimawari.service.data_sets.judged import labelled_versions
from mimawari.service.edge_cases.bank import listing_of, standing
from mimawari.service.media.pictures import pictures_of
from mimawari.service.releases import generations
from mimawari.service.releases.activating import manifest_in_force, require_topic
from mimawari.service.releases.stages import topic_of
from mimawari.service.validation.recent import in_force, replay, threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.detectors.base import Detector
    from mimawari.records.principal import Principal
    from mimawari.service.edge_cases.models import EdgeCase
    from mimawari.service.validation.recent import Replay

NO_CASES = "the topic has no edge cases: mimawari edge-cases add"
NO_LISTINGS = "nothing was listed yet, so nobody knows from which score on it alerts"


def try_edge_cases(
    version: str, actor: Principal, progress: Callable[[str, int, int], None]
) -> Measured:
    """Try a registered model on the edge cases of its topic alone; nothing is kept of it.

    Raises
    ------
    InvalidInputError
        The model is not registered, or what is in force does not load.
    """
    topic = topic_of(version)
    require(actor, Permission.QUALITY, topic)
    lineage = Lineage.of(ModelVersion.objects.get(pk=version).lineage)
    manifest = manifest_in_force()
    entry = require_topic(manifest, topic)
    detectors = generations.load_model(version), in_force(manifest, topic)
    last = replay(*detectors, entry.capacity, progress)
    return on_edge_cases(topic, lineage, detectors, last, entry.champion or "")


def on_edge_cases(
    topic: str,
    lineage: Lineage,
    detectors: tuple[Detector, Detector],
    last: Replay | None,
    against: str,
) -> Measured:
    """Measure a model on the standing edge cases of its topic.

    A case that it has learnt from does not judge it; the facts say how many these are, or that
    nobody knows what it has learnt from.

    Parameters
    ----------
    detectors
        The model, and what is in force.
    last
        The last listings as both score them: they say from which score on each alerts.
    """
    cases = standing(topic)
    if not cases or last is None:
        why_not = NO_LISTINGS if cases else NO_CASES
        return Measured(source=Source.VALIDATION, absent=dict.fromkeys(MEASURED, why_not))
    learnt = _learnt(lineage, topic)
    judging = [case for case in cases if learnt is None or case.listing_id not in learnt]
    facts = {
        "edge cases": str(len(judging)),
        "edge cases learnt": _how_many(learnt, cases, judging),
    }
    if not judging:
        why_not = f"it has learnt from all {len(cases)} edge cases"
        absent = dict.fromkeys(MEASURED, why_not)
        return Measured(source=Source.VALIDATION, facts=facts, absent=absent)
    figures, tables = figures_of(_scored(judging, detectors, last, against))
    known = {figure.measure for figure in figures}
    absent = {name: "the bank has none of the kind" for name in MEASURED if name not in known}
    return Measured(
        source=Source.VALIDATION,
        figures=tuple(figures),
        facts=facts,
        absent=absent,
        tables=tuple(tables),
    )


def _how_many(
    learnt: set[str] | None, cases: Sequence[EdgeCase], judging: Sequence[EdgeCase]
) -> str:
    return "unknown" if learnt is None else str(len(cases) - len(judging))


def _scored(
    cases: Sequence[EdgeCase], detectors: tuple[Detector, Detector], last: Replay, against: str
) -> Cases:
    listings = [listing_of(case) for case in cases]
    batch = ListingBatch.of(listings, pictures=pictures_of(listings))
    model, served = (
        Scored(np.asarray(detector.score(batch)[:, 0], np.float64), threshold(scores, last.k))
        for detector, scores in zip(detectors, (last.model, last.served), strict=True)
    )
    return Cases(
        names=[f"{case.listing_id} v{case.version}" for case in cases],
        why=[str(case.why) for case in cases],
        violates=np.array([case.verdict == Verdict.VIOLATES for case in cases], bool),
        model=model,
        served=served,
        against=against,
    )


def _learnt(lineage: Lineage, topic: str) -> set[str] | None:
    """Give the listings that a model has learnt from; None where nobody knows."""
    try:
        if lineage.data_set is not None:
            rows = reading.rows_of(reading.by_version(lineage.data_set))
        elif lineage.labels_until is not None:
            until = datetime.fromisoformat(lineage.labels_until)
            rows = labelled_versions((topic,), until, with_edge_cases=True)
        else:
            return None
    except InvalidInputError:  # its rows were removed
        return None
    return {row.listing.id for row in rows if row.label(topic) is not None}
