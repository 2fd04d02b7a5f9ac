"""A model of the earlier listings, measured on those that other sellers listed later."""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import average_precision_score

from mimawari.detectors.loading import load_model
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.capacity import at_capacity
from mimawari.evaluation.choosing.prepare import capacity_of
from mimawari.evaluation.choosing.remarks import Trained
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.precision import ranking
from mimawari.flows.records import Later
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.evaluation.choosing.task import Task

EARLIER = 0.8
"""Share of the listings that are learnt from, the earliest."""


def later(task: Task, kind: str) -> Later:
    """Train on the earliest listings, and measure the rest without the sellers among these.

    Raises
    ------
    InvalidInputError
        Listings have no times, or too few of them violate before or after.
    """
    earlier, after, since = _split(task)
    held = task.rows.take(after)
    # Not the task's own vectors and remarks: they are of all rows.
    part = dataclasses.replace(task, rows=task.rows.take(earlier), others={}, trained=Trained())
    with tempfile.TemporaryDirectory() as place:
        Contest(part).save(kind, Lineage(), Path(place) / "model")
        model = load_model(Path(place) / "model")
        scores = model.score(ListingBatch.of(held.listings))[:, 0].astype(np.float64)
    k = capacity_of(dataclasses.replace(part, rows=held))
    return _measured(held, scores, since, k)


def _split(task: Task) -> tuple[NDArray[np.int64], NDArray[np.int64], datetime]:
    times, groups, y = task.rows.times, task.rows.groups, task.rows.y
    if np.isnan(times).any():
        raise _refuse(task, "has listings without a time", "send created_at")
    since = float(np.quantile(times, EARLIER))
    before = times < since
    after = ~before & ~np.isin(groups, groups[before])
    if not y[after].any() or y[after].all():
        remedy = "it can be measured once there are some of both kinds"
        raise _refuse(task, "has one kind of listings of new sellers in later days", remedy)
    return np.flatnonzero(before), np.flatnonzero(after), datetime.fromtimestamp(since, UTC)


def _measured(rows: Rows, scores: NDArray[np.float64], since: datetime, k: int) -> Later:
    order = ranking(scores, [listing.id for listing in rows.listings])
    return Later(
        since=since,
        rows=len(rows.y),
        positives=int(rows.y.sum()),
        k=k,
        auprc=float(average_precision_score(rows.y, scores, sample_weight=rows.weight)),
        precision=at_capacity(order, rows.y, rows.weight, k).precision,
    )


def _refuse(task: Task, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(f"label:{task.topic}", problem, remedy))
