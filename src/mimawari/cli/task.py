"""What `train` and `evaluate` read before they begin: labels, rules, pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, track

from mimawari.cli.store import open_store
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.rules import RuleSet
    from mimawari.evaluation.choosing.task import Task
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures

    Labelled = tuple[Listing, int | None, float]
    Labels = tuple[Listing, Mapping[str, int]]

CAPACITY = 100


@dataclass(frozen=True, slots=True)
class Beside:
    """Files that stand beside the labels, where they were named."""

    rules: Path | None = None
    images: Path | None = None
    encoder: Path | None = None
    sentences: Path | None = None


def labelled(path: Path, topic: str, until: datetime | None = None) -> Iterator[Labelled]:
    """Read a file's listings with their label for the topic; bad rows are left out.

    So are listings whose own time is ``until`` or later; those without a time stay. With each
    goes the probability of its review: 1 over its ``weight:TOPIC``, and 1 without one.

    Raises
    ------
    InvalidInputError
        No row of the file has a label for the topic.
    """
    from mimawari.listings.readers import read_listings

    found = False
    bad: list[str] = []
    for row in read_listings(path):
        label = row.labels.get(topic)
        found = found or label is not None
        if row.listing is None:
            bad.append(f"line {row.line}: {row.problems[0]}" if not bad else "")
        elif not _later(row.listing, until):
            yield row.listing, label, 1 / row.weights.get(topic, 1.0)
    if bad:
        typer.echo(f"{len(bad)} rows of {path.name} are left out; the first, {bad[0]}", err=True)
    if not found:
        remedy = "add this column holding 1, 0 or nothing (unknown)"
        raise InvalidInputError(
            FieldProblem(f"label:{topic}", f"has no label in {path.name}", remedy)
        )


def _later(listing: Listing, until: datetime | None) -> bool:
    at = listing.created_at or listing.updated_at
    return until is not None and at is not None and at >= until


def stored(topic: str, until: datetime | None = None) -> Iterable[Labelled]:
    """Read the moderators' labels from the store; those made before ``until``."""
    open_store()
    from mimawari.service.review.labels import labelled_listings  # Django only where needed

    found: Iterable[Labelled] = labelled_listings(topic, until)
    return found


def all_labels(source: Path | None, until: datetime | None = None) -> Iterator[Labels]:
    """Read listings with their labels for every topic, of a file or of the store."""
    if source is not None:
        from mimawari.listings.readers import read_listings

        for row in read_listings(source):
            if row.listing is not None:
                yield row.listing, row.labels
        return
    open_store()
    from mimawari.service.review.labels import labelled as stored_labels

    for known in stored_labels(None, until):
        yield known.listing, {known.label.topic: known.label.value}


def other_labels(
    rows: Rows, found: Iterable[Labels], topic: str, least: int
) -> dict[str, NDArray[np.float32]]:
    """Give the labels of further topics for these rows, of topics with enough of them.

    Examples
    --------
    >>> from mimawari.detectors.gbdt.rows import Rows
    >>> from mimawari.listings.listing import Listing
    >>> ware = tuple(Listing(id=i, version=1, seller_id=i, title="t") for i in "abc")
    >>> rows = Rows(ware, np.array([True, False, False]), np.ones(3))
    >>> more = [(one, {"cash": int(one.id < "c"), "guns": 1}) for one in ware]
    >>> other_labels(rows, more, "guns", 1)
    {'cash': array([1., 1., 0.], dtype=float32)}
    """
    at = {(one.id, one.version): i for i, one in enumerate(rows.listings)}
    told: dict[str, NDArray[np.float32]] = {}
    for listing, labels in found:
        row = at.get((listing.id, listing.version))
        if row is None:
            continue
        for name, value in labels.items():
            if name != topic:
                told.setdefault(name, np.full(len(at), np.nan, np.float32))[row] = value
    groups = rows.groups
    return {
        name: y
        for name, y in sorted(told.items())
        if (y == 1).sum() >= least and (y == 0).sum() >= least
        and len(np.unique(groups[y == 1])) > 1
    }  # fmt: skip


def rules_of(topic: str, given: Path | None, from_store: bool) -> RuleSet | None:
    """Give the topic's rules: of a file, of the store, or of the starter pack; None without."""
    from mimawari.detectors.packs import starter
    from mimawari.detectors.rules import RuleSet
    from mimawari.detectors.topicfile import load

    if given is not None:
        found = load(given)
        if found.topic != topic:
            problem = f"is of the topic {found.topic}, not {topic}"
            raise InvalidInputError(FieldProblem("--rules", problem, "name the topic's own file"))
        return RuleSet.compile([found], run_examples=False)
    if from_store:
        from mimawari.service.ops.generations import build_rules, current

        newest = current()
        return None if newest is None else build_rules(newest.manifest)
    packed = [load(path) for path in starter() if path.stem == topic]
    return RuleSet.compile(packed, run_examples=False) if packed else None


def capacity_of(task: Task) -> int:
    """Give the alerts over all listings: those a day of the topic's file, 100 without one."""
    from mimawari.evaluation.choosing.task import days

    files = {one.topic: one for one in task.rules.topic_files} if task.rules else {}
    return days(task.rows) * (files[task.topic].capacity if task.topic in files else CAPACITY)


def read_task(
    topic: str,
    source: Path | None,
    until: datetime | None,
    kinds: Sequence[str],
    least: int,
    beside: Beside,
    folds: int = 5,
    augment: bool = True,
) -> Task:
    """Read a topic's labels, and what the kinds of detector need beside them.

    Raises
    ------
    InvalidInputError
        An input cannot be used.
    """
    from mimawari.detectors.augment import Augmentation
    from mimawari.detectors.gbdt.rows import collect
    from mimawari.detectors.sentences.artifact import EncoderFiles
    from mimawari.evaluation.choosing.task import Settings, Task

    listings = labelled(source, topic, until) if source else stored(topic, until)
    rows = collect(track(listings, description="Reading", transient=True))
    typer.echo(f"{len(rows.y)} labelled listings, {int(rows.y.sum())} violate.")
    plain = Settings(folds=folds)
    settings = msgspec.structs.replace(
        plain,
        gbdt=msgspec.structs.replace(
            plain.gbdt,
            least_positives=least,
            augmentation=Augmentation() if augment else None,
        ),
        gmu=msgspec.structs.replace(plain.gmu, least_positives=least),
    )
    task = Task(
        topic,
        rows,
        settings,
        rules=rules_of(topic, beside.rules, source is None),
        sentences=EncoderFiles.read(beside.sentences) if beside.sentences else None,
    )
    if not {"gmu", "ensemble"} & set(kinds):
        return task
    others = other_labels(rows, all_labels(source, until), topic, least)
    return pictured(replace(task, others=others), beside, source is None)


def pictures_of(task: Task, beside: Beside, from_store: bool) -> Pictures | None:
    """Give the pictures of a folder, or those kept with the store; None where there are none.

    Raises
    ------
    InvalidInputError
        No listing's picture is in the folder.
    """
    from mimawari.listings.media.folder import FolderPictures

    listings = task.rows.listings
    if beside.images is not None:
        pictures = FolderPictures(beside.images)
        if not pictures.seen(listings):
            remedy = "name files like the last part of the addresses in image_urls"
            raise InvalidInputError(
                FieldProblem("--images", "holds no picture of these listings", remedy)
            )
        return pictures
    if not from_store:
        return None
    from mimawari.service.media.kept import KeptPictures
    from mimawari.service.media.origins import keeps_pictures

    kept = KeptPictures(listings)
    if not keeps_pictures() or not len(kept):
        return None
    typer.echo(f"{len(kept)} of them have pictures that were kept.")
    return kept


def pictured(task: Task, beside: Beside, from_store: bool = False) -> Task:
    """Let the gated unit look at pictures.

    Raises
    ------
    InvalidInputError
        No listing's picture is in the folder, or the encoder cannot be read.
    """
    from mimawari.detectors.gmu.spec import PictureSpec
    from mimawari.detectors.gmu.trunk import spec_of

    encoder, pictures = beside.encoder, pictures_of(task, beside, from_store)
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


def progress_bar() -> Progress:
    """Give the bar of a training."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, transient=True)
