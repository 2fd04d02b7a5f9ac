"""`mimawari ingest`: a file of listings into the durable log, resumable."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mimawari.cli.reading import Currency, without_labels
from mimawari.cli.store import open_store, storage_problem
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.listings.readers import Reading, Refusals, RejectFile, Row

MOST_ROWS, MOST_CHARACTERS = 2_000, 8_000_000
"""Of a group: rows, and what their texts hold, since one listing may hold 200,000."""
KNOWN = FieldProblem(
    "version", "is known with other content", "send an edit under a greater version"
)


def ingest(
    source: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet, .gz too.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; beside the file by default.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Begin again at the first row.")] = False,
    currency: Currency = None,
) -> None:
    """Take in a file of listings; a second run goes on where the first was stopped."""
    open_store()
    bad = rejects or source.with_suffix(".rejects.jsonl")
    counts: Counter[str] = Counter()
    try:
        refusals = run(source, bad, restart, counts, without_labels(currency))
    except InvalidInputError:
        if counts:
            _print_counts(source, bad, counts)
        raise
    _print_counts(source, bad, counts)
    if refusals and counts.keys() == {"rejected"}:
        raise refusals.left_out.as_error()


def _print_counts(source: Path, rejects: Path, counts: Counter[str]) -> None:
    summary = ", ".join(f"{n:,} {status}" for status, n in sorted(counts.items()))
    typer.echo(f"{source.name}: {summary or 'nothing new'}.")
    if counts["rejected"]:
        typer.echo(f"The rejected rows are in {rejects}, each with its number and the reason.")


def run(
    source: Path, rejects: Path, restart: bool, counts: Counter[str], reading: Reading
) -> Refusals:
    """Append the file's rows group by group, remembering the last row after each.

    Returns
    -------
    What was wrong with the rejected rows.

    Raises
    ------
    InvalidInputError
        For a file that is wrong or damaged as a whole, and where the store or a folder cannot
        be written to; the rows before that are kept, and the next run goes on after them.
    """
    from django.conf import settings
    from django.db import DatabaseError

    from mimawari.listings.readers import Refusals, RejectFile, read_listings

    mark = Path(settings.CONFIG.state_dir) / "ingest" / fingerprint(source)
    if rejects.exists() and rejects.samefile(source):
        raise InvalidInputError(FieldProblem("--rejects", "is the file itself", "name another"))
    done, refusals = 0 if restart else remembered(mark), Refusals(source.name)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        rows = _Rows(read_listings(source, done, reading))
        with RejectFile(rejects, done) as rejected, progress_bar() as progress:
            task = progress.add_task(f"{source.name}: row {done:,}", total=None)
            for group in groups(rows):
                counts.update(_take(group, rejected, refusals))
                rejected.sync()
                remember(mark, group[-1].number)
                done = group[-1].number
                progress.update(task, description=f"{source.name}: row {done:,}")
    except (DatabaseError, OSError) as error:
        remedy = f"the same command goes on after row {done:,}"
        raise InvalidInputError(storage_problem(error, remedy)) from error
    if rows.damage is not None:
        raise rows.damage
    return refusals


def groups(
    rows: Iterable[Row], most_rows: int = MOST_ROWS, most_characters: int = MOST_CHARACTERS
) -> Iterator[list[Row]]:
    """Cut rows into groups, bounded in number and in what they hold."""
    group: list[Row] = []
    held = 0
    for row in rows:
        group.append(row)
        held += _characters(row)
        if len(group) >= most_rows or held >= most_characters:
            yield group
            group, held = [], 0
    if group:
        yield group


def _characters(row: Row) -> int:
    if (listing := row.listing) is None:
        return len(row.raw)
    texts = (listing.title, listing.description, listing.picture_text)
    more = (*listing.image_urls, *listing.attributes, *listing.attributes.values())
    return sum(map(len, texts)) + sum(len(str(part)) for part in more)


class _Rows:
    """Rows up to the end of a file, or up to where it is damaged."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.damage: InvalidInputError | None = None

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        try:
            return next(self._rows)
        except InvalidInputError as error:
            self.damage = error
            raise StopIteration from error


def _take(group: list[Row], rejected: RejectFile, refusals: Refusals) -> Counter[str]:
    """Append the good rows of a group, write down the others; gives the number of each."""
    from mimawari.service.intake import log

    good = [row.listing for row in group if row.listing is not None]
    statuses = iter(log.append(good))
    counts: Counter[str] = Counter()
    for row in group:
        status = "rejected" if row.listing is None else next(statuses)
        if status == log.CONFLICT:
            rejected.add(row, (KNOWN,))
            refusals.add(row, (KNOWN,))
            status = "rejected"
        elif row.listing is None:
            rejected.add(row)
            refusals.add(row)
        counts[status] += 1
    return counts


def progress_bar() -> Progress:
    """Give what shows how far a file was read."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, transient=True, console=Console(stderr=True))


def remembered(mark: Path) -> int:
    """Give the last row dealt with; 0 without a mark, or with one that a crash left empty."""
    try:
        return int(mark.read_text("ascii"))
    except (OSError, ValueError):
        return 0


def remember(mark: Path, row: int) -> None:
    """Replace the mark as a whole: killed when it may, it holds the old or the new number."""
    fresh = mark.with_suffix(".new")
    fresh.write_text(str(row), "ascii")
    fresh.replace(mark)


def fingerprint(source: Path) -> str:
    """Identify a file by its name, size and time, without reading it."""
    try:
        stat = source.stat()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidInputError(FieldProblem(str(source), reason, "name a file")) from error
    identity = f"{source.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
