"""What `train` and `evaluate` share: the store as a source of labels, and what they print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, track

from mimawari.cli.reading import rows_of, warn
from mimawari.cli.store import open_store
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from mimawari.detectors.rules import RuleSet
    from mimawari.evaluation.choosing.gain import Gain
    from mimawari.evaluation.choosing.prepare import Beside
    from mimawari.evaluation.choosing.source import Labelled, Labels, Source
    from mimawari.evaluation.choosing.task import Settings, Task
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures
    from mimawari.listings.readers import Reading


@dataclass(frozen=True, slots=True)
class StoreSource:
    """The moderators' labels, those made before ``until``, with the rules in force."""

    until: datetime | None = None

    def labelled(self, topic: str) -> Iterable[Labelled]:
        """Give the labelled listings of a topic."""
        open_store()
        from mimawari.service.review.labels import labelled_listings  # Django only where needed

        return labelled_listings(topic, self.until)

    def labels(self) -> Iterator[Labels]:
        """Give the labels of every topic."""
        open_store()
        from mimawari.service.review.labels import labelled

        for known in labelled(None, self.until):
            yield known.listing, {known.label.topic: known.label.value}

    def rules(self, topic: str) -> RuleSet | None:
        """Give the rules in force; None without any."""
        from mimawari.service.releases.generations import build_rules, current

        newest = current()
        return None if newest is None else build_rules(newest.manifest)

    def pictures(self, listings: Sequence[Listing]) -> Pictures | None:
        """Give the pictures that were kept; None without any."""
        from mimawari.service.media.origins import keeps_pictures
        from mimawari.service.media.pictures import StoredPictures

        pictures = StoredPictures(listings)
        if not keeps_pictures() or not len(pictures):
            return None
        typer.echo(f"{len(pictures)} of them have pictures that were kept.")
        return pictures


@dataclass(frozen=True, slots=True)
class DataSetSource(StoreSource):
    """A data set that was kept, with the rules in force."""

    version: str = ""

    @classmethod
    def of(cls, version: str) -> DataSetSource:
        """Find a version; of a name alone, the newest.

        Raises
        ------
        InvalidInputError
            There is none.
        """
        open_store()
        from mimawari.service.data_sets.reading import by_version

        stored = by_version(version)
        return cls(stored.card.origin.until, stored.pk)

    def labelled(self, topic: str) -> Iterable[Labelled]:
        """Give the labelled listings of a topic.

        Raises
        ------
        InvalidInputError
            The data set is not of the topic, or its rows are gone or damaged.
        """
        from mimawari.service.data_sets.reading import by_version, rows_of

        stored = by_version(self.version)
        if topic not in stored.card.topics:
            remedy = f"it has {', '.join(stored.card.topics)}"
            raise InvalidInputError(FieldProblem("--topic", f"is not in {stored.pk}", remedy))
        for row in rows_of(stored):
            label = row.label(topic)
            if label is not None:
                yield row.listing, label.value, label.probability

    def labels(self) -> Iterator[Labels]:
        """Give the labels of every topic."""
        from mimawari.service.data_sets.reading import by_version, rows_of

        for row in rows_of(by_version(self.version)):
            yield row.listing, {label.topic: label.value for label in row.labels}


def source_of(
    path: Path | None, until: datetime | None = None, reading: Reading | None = None
) -> Source:
    """Give a file, or the store where none is named.

    Raises
    ------
    InvalidInputError
        Of the store nothing is to be filled in.
    """
    from mimawari.evaluation.choosing.source import FileSource
    from mimawari.listings.readers import AS_IT_IS

    reading = reading or AS_IT_IS
    if path is not None:
        return FileSource(path, until, warn, reading)
    given = {"--currency": reading.currency, "--label-column": reading.label_column}
    problems = [
        FieldProblem(option, "speaks of a file", "name it: --from")
        for option, value in given.items()
        if value is not None
    ]
    if problems:
        raise InvalidInputError(*problems)
    return StoreSource(until)


def read_task(
    topic: str, source: Source, kinds: Sequence[str], settings: Settings, beside: Beside
) -> Task:
    """Read a topic's labels, and what these kinds of detector need beside them.

    Raises
    ------
    InvalidInputError
        An input cannot be used.
    """
    from mimawari.detectors.gbdt.rows import collect
    from mimawari.evaluation.choosing.cautions import cautions
    from mimawari.evaluation.choosing.prepare import prepare

    rows = collect(track(source.labelled(topic), description="Reading", transient=True))
    typer.echo(f"{len(rows.y)} labelled listings, {int(rows.y.sum())} violate.")
    for caution in cautions(topic, rows):
        typer.echo(f"caution: {caution}", err=True)
    return prepare(topic, rows, source, kinds, settings, beside)


def gain_since(task: Task, earlier: Path, reading: Reading) -> Gain:
    """Measure what the labels added since those of a file changed, and say so.

    Raises
    ------
    InvalidInputError
        The file cannot be read, or holds none of the labels or all.
    """
    from mimawari.evaluation.choosing.gain import gain_of

    ids = {
        row.listing.id
        for row in rows_of(earlier, reading)
        if row.listing is not None and task.topic in row.labels
    }
    gain = gain_of(task, ids)
    typer.echo(f"{gain}.")
    return gain


def progress_bar() -> Progress:
    """Give the bar of a training."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, transient=True)
