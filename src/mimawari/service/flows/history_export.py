"""What runs over history read: where the files of their days lie, and the labels of versions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.backtest.labels import LABELS, KnownLabels
from mimawari.flows.day_files import DAYS, DayFiles, RunDays
from mimawari.records.lineage import Lineage
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.history.days import closed_days, file_of
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review.labels import labels
from mimawari.service.validation.unseen import learnt_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.datasets.rows import Key
    from mimawari.flows.records import Request
    from mimawari.flows.run_folder import RunFolder
    from mimawari.records.label import Label

CHUNK = 500
KINDS = ("scores", "sent", "totals")


def write_days(folder: RunFolder, request: Request) -> None:
    """Say where the files of the days are on this host; they are fetched where they are not here.

    Raises
    ------
    InvalidInputError
        A day has other files by now, as a seller was erased, or none any more.
    """
    known = {row.day: row for row in closed_days()}
    files = []
    for day in request.days:
        row = known.get(day.day)
        if row is None or any(getattr(row, kind) != getattr(day, kind) for kind in KINDS):
            problem = "has other files than when the run was asked for: something was erased"
            raise InvalidInputError(FieldProblem(str(day.day), problem, "start a new run"))
        paths = {kind: str(file_of(row, kind).absolute()) for kind in KINDS}
        files.append(DayFiles(day=day.day, **paths))
    folder.write(DAYS, RunDays(tuple(files)))


def write_labels(folder: RunFolder, request: Request) -> None:
    """Write what was known of each topic when the run was asked for, once a run."""
    for topic in request.topics:
        name = f"topics/{topic}/{LABELS}"
        if not (folder.path / name).exists():
            folder.write(name, _known(topic, request))


def _known(topic: str, request: Request) -> KnownLabels:
    """Give the labels that judge: nobody searched for them, and no model has learnt from them."""
    models = {request.models.get(topic), request.served.champions.get(topic)} - {None}
    learnt = [_Learnt(stored) for stored in ModelVersion.objects.filter(pk__in=models)]
    numbers, values, apart, left_out = [], [], [], 0
    for label, key in _with_keys(label for label in labels(topic, request.at)):
        known = any(of.has(label, key) for of in learnt)
        left_out += known
        if known or label.searched:
            apart.append(label.version)
        else:
            numbers.append(label.version)
            values.append(label.value)
    return KnownLabels(tuple(numbers), tuple(values), left_out, tuple(apart))


class _Learnt:
    """What a model has learnt from; where its lineage does not say, all that was known before it.

    Parameters
    ----------
    stored
        The model as it is registered.
    """

    def __init__(self, stored: ModelVersion) -> None:
        self._before = None
        self._keys: set[Key] = set()
        try:
            rows = learnt_by(Lineage.of(stored.lineage), stored.topic)
            self._keys = {row.key for row in rows}
        except InvalidInputError:
            self._before = stored.created_at

    def has(self, label: Label, key: Key) -> bool:
        """Whether a label may not judge the model."""
        if self._before is not None:
            return label.decided_at <= self._before
        return key in self._keys


def _with_keys(known: Iterator[Label]) -> Iterator[tuple[Label, Key]]:
    """Add what names the listing version outside of the log."""
    while chunk := list(islice(known, CHUNK)):
        rows = ListingVersion.objects.filter(pk__in=[label.version for label in chunk])
        keys = {pk: (name, n) for pk, name, n in rows.values_list("pk", "listing_id", "version")}
        for label in chunk:
            if label.version in keys:
                yield label, keys[label.version]
