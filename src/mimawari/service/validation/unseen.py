"""Labels that a model has not learnt from, of a data set that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt.rows import collect
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.task import days
from mimawari.evaluation.validation.unseen import Unseen, too_few
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage
from mimawari.service.data_sets import making, reading
from mimawari.service.data_sets.judged import labelled_versions
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.datasets.rows import LabelledVersion
    from mimawari.detectors.base import Detector
    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.loading import Model
    from mimawari.listings.listing import Listing
    from mimawari.records.manifest import Manifest
    from mimawari.records.principal import Principal
    from mimawari.service.catalogue.models import DataSetVersion, ModelVersion


@dataclass(frozen=True, slots=True)
class UnseenLabels:
    """Labels that a model has not learnt from, and the data set they are of."""

    data_set: str
    rows: Rows
    seen_sellers: frozenset[str]


def labels_for(
    stored: ModelVersion, name: str | None, actor: Principal
) -> tuple[UnseenLabels | None, str]:
    """Find labels that a model has not learnt from; or say why there are none.

    What it learnt is its data set, or all that was decided by the time that its lineage names.

    Parameters
    ----------
    name
        A data set or a version of one; None: what is known now, kept as a data set.
    """
    lineage = Lineage.of(stored.lineage)
    try:
        data_set = _now(stored.topic, actor) if name is None else reading.by_version(name)
        rows = _of_topic(data_set, stored.topic)
        learnt = learnt_by(lineage, stored.topic)
    except InvalidInputError as error:
        if name is not None:
            raise
        return None, str(error.problems[0])
    keys = {row.key for row in learnt}
    fresh = [row for row in rows if row.key not in keys]
    labelled = collect([_labelled(row, stored.topic) for row in fresh])
    if problem := too_few(labelled):
        return None, problem
    sellers = frozenset(row.listing.seller_id for row in learnt)
    return UnseenLabels(data_set.pk, labelled, sellers), ""


def learnt_by(lineage: Lineage, topic: str) -> list[LabelledVersion]:
    """Give what a model has learnt from: its data set, or all that was known at a time.

    Raises
    ------
    InvalidInputError
        Its lineage does not say, or the rows were removed.
    """
    if lineage.data_set is not None:
        return reading.rows_of(reading.by_version(lineage.data_set))
    if lineage.labels_until is None:
        problem = "does not say what it has learnt from"
        remedy = "train it with --data-set, or from the moderators' decisions"
        raise InvalidInputError(FieldProblem("lineage", problem, remedy))
    return labelled_versions((topic,), datetime.fromisoformat(lineage.labels_until))


def unseen_of(labels: UnseenLabels, model: Model, manifest: Manifest) -> Unseen:
    """Score labelled listings by the model, by the one in force and by the rules."""
    entry = manifest.topics[model.topic]
    batch = ListingBatch.of(labels.rows.listings)
    champion = generations.load_model(entry.champion) if entry.champion else None
    rules = generations.build_rules(manifest.only(model.topic))
    return Unseen(
        rows=labels.rows,
        model=_score(model, batch, model.topic),
        champion=None if champion is None else _score(champion, batch, model.topic),
        rules=_score(rules, batch, model.topic),
        against=entry.champion or "",
        k=_alerts(labels.rows, entry.capacity),
        seen_sellers=labels.seen_sellers,
    )


def _now(topic: str, actor: Principal) -> DataSetVersion:
    request = making.Request(topic, (topic,), clock.database_now(), {})
    return making.make(request, actor)


def _of_topic(data_set: DataSetVersion, topic: str) -> list[LabelledVersion]:
    if topic not in data_set.card.topics:
        remedy = f"it has {', '.join(data_set.card.topics)}"
        raise InvalidInputError(FieldProblem("data set", f"{data_set.pk} has no {topic}", remedy))
    return [row for row in reading.rows_of(data_set) if row.label(topic) is not None]


def _labelled(row: LabelledVersion, topic: str) -> tuple[Listing, int, float]:
    label = row.label(topic)
    assert label is not None
    return row.listing, label.value, label.probability


def _score(detector: Detector, batch: ListingBatch, topic: str) -> NDArray[np.float64]:
    column = detector.topics.index(topic)
    return np.asarray(detector.score(batch)[:, column], np.float64)


def _alerts(rows: Rows, capacity: int) -> int:
    """Give K over the days of the rows; where that is most of them, as many as violate."""
    k, listings = capacity * days(rows), float(rows.weight.sum())
    violations = max(1, round(float((rows.weight * rows.y).sum())))
    return k if k < listings / 2 else violations
