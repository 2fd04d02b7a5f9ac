"""From labelled rows to a task: settings, rules, labels of other topics, pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.augment import Augmentation
from mimawari.detectors.gbdt.copies import HIDDEN
from mimawari.detectors.gmu.spec import PictureSpec
from mimawari.detectors.gmu.trunk import spec_of
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.choosing.source import rules_of_file
from mimawari.evaluation.choosing.task import Settings, Task, days
from mimawari.listings.media.folder import FolderPictures

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.evaluation.choosing.source import Labels, Source
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures

CAPACITY = 100
LEARN_ALONG = frozenset({"gmu", "ensemble"})
"""Kinds that learn other topics' labels and pictures along."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Files that stand beside the labels, where they were named."""

    rules: Path | None = None
    images: Path | None = None
    encoder: Path | None = None
    sentences: Path | None = None


def settings_of(
    least: int, folds: int = 5, augment: bool | None = None, hidden: float = HIDDEN
) -> Settings:
    """Give the settings of a training.

    Parameters
    ----------
    least
        Fewest positives to train from.
    augment
        Whether text scores learn disguised copies, too; None: where they pay.
    hidden
        Share of the violations that are taken to be disguised when that is decided.

    Raises
    ------
    InvalidInputError
        The share is not from 0 to 1.
    """
    if not 0 <= hidden <= 1:
        problem = FieldProblem("--hidden-share", f"is {hidden}", "give a share from 0 to 1")
        raise InvalidInputError(problem)
    plain = Settings(folds=folds)
    gbdt = msgspec.structs.replace(
        plain.gbdt,
        least_positives=least,
        augmentation=None if augment is False else Augmentation(),
        choose_copies=augment is None,
        hidden=hidden,
    )
    gmu = msgspec.structs.replace(plain.gmu, least_positives=least)
    return msgspec.structs.replace(plain, gbdt=gbdt, gmu=gmu)


def prepare(
    topic: str,
    rows: Rows,
    source: Source,
    kinds: Iterable[str],
    settings: Settings,
    beside: Beside | None = None,
) -> Task:
    """Gather what these kinds of detector need beside a topic's labelled rows.

    Raises
    ------
    InvalidInputError
        An input cannot be used.
    """
    beside = beside or Beside()
    rules = rules_of_file(beside.rules, topic) if beside.rules else source.rules(topic)
    sentences = EncoderFiles.read(beside.sentences) if beside.sentences else None
    task = Task(topic, rows, settings, rules=rules, sentences=sentences)
    if LEARN_ALONG.isdisjoint(kinds):
        return task
    least = settings.gmu.least_positives
    task = replace(task, others=other_labels(rows, source.labels(), topic, least))
    if beside.images is None:
        pictures = source.pictures(rows.listings)
    else:
        pictures = folder_pictures(beside.images, rows.listings)
    return with_pictures(task, pictures, beside.encoder)


def other_labels(
    rows: Rows, labels: Iterable[Labels], topic: str, least: int
) -> dict[str, NDArray[np.float32]]:
    """Give the labels of further topics for these rows, of topics with enough of them.

    Examples
    --------
    >>> from mimawari.detectors.gbdt.rows import Rows
    >>> from mimawari.listings.listing import Listing
    >>> ware = tuple(Listing(id=i, version=1, seller_id=i, title="t") for i in "abc")
    >>> rows = Rows(ware, np.array([True, False, False]), np.ones(3))
    >>> more = [(listing, {"cash": int(listing.id < "c"), "guns": 1}) for listing in ware]
    >>> other_labels(rows, more, "guns", 1)
    {'cash': array([1., 1., 0.], dtype=float32)}
    """
    at = {(listing.id, listing.version): i for i, listing in enumerate(rows.listings)}
    columns: dict[str, NDArray[np.float32]] = {}
    for listing, values in labels:
        row = at.get((listing.id, listing.version))
        if row is None:
            continue
        for name, value in values.items():
            if name != topic:
                columns.setdefault(name, np.full(len(at), np.nan, np.float32))[row] = value
    groups = rows.groups
    return {
        name: y
        for name, y in sorted(columns.items())
        if (y == 1).sum() >= least and (y == 0).sum() >= least
        and len(np.unique(groups[y == 1])) > 1
    }  # fmt: skip


def folder_pictures(folder: Path, listings: Sequence[Listing]) -> Pictures:
    """Give the pictures of a folder.

    Raises
    ------
    InvalidInputError
        No listing's picture is in it.
    """
    pictures = FolderPictures(folder)
    if not pictures.seen(listings):
        remedy = "name files like the last part of the addresses in image_urls"
        raise InvalidInputError(
            FieldProblem("--images", "holds no picture of these listings", remedy)
        )
    return pictures


def with_pictures(task: Task, pictures: Pictures | None, encoder: Path | None) -> Task:
    """Let the gated unit look at pictures, through an encoder of one's own where it is given.

    Raises
    ------
    InvalidInputError
        There is an encoder but no picture, or it cannot be read.
    """
    if pictures is None:
        if encoder is not None:
            problem = "has nothing to look at"
            raise InvalidInputError(FieldProblem("--encoder", problem, "name --images too"))
        return task
    if encoder is not None and not encoder.is_file():
        problem = f"is no file: {encoder}"
        raise InvalidInputError(FieldProblem("--encoder", problem, "name an ONNX file"))
    gmu = task.settings.gmu
    data = encoder.read_bytes() if encoder else None
    picture = spec_of(data) if data else PictureSpec()
    gmu = msgspec.structs.replace(gmu, spec=msgspec.structs.replace(gmu.spec, picture=picture))
    settings = msgspec.structs.replace(task.settings, gmu=gmu)
    return replace(task, settings=settings, pictures=pictures, encoder=data)


def capacity_of(task: Task) -> int:
    """Give the alerts over all listings: those a day of the topic's file, 100 without one."""
    files = {file.topic: file for file in task.rules.topic_files} if task.rules else {}
    return days(task.rows) * (files[task.topic].capacity if task.topic in files else CAPACITY)
