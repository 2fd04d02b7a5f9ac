"""`mimawari ingest`: a file of listings into the durable log, resumable."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mimawari.cli.store import open_store
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections import Counter

GROUP = 2_000


def ingest(
    source: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet, .gz too.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; beside the file by default.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Begin again at the first row.")] = False,
) -> None:
    """Take in a file of listings; a second run goes on where the first was stopped."""
    open_store()
    counts = run(source, rejects or source.with_suffix(".rejects.jsonl"), restart)
    said = ", ".join(f"{n:,} {status}" for status, n in sorted(counts.items())) or "nothing new"
    typer.echo(f"{source.name}: {said}.")
    if counts["rejected"]:
        where = rejects or source.with_suffix(".rejects.jsonl")
        typer.echo(f"The rejected rows are in {where}, each with its number and the reason.")


def run(source: Path, rejects: Path, restart: bool) -> Counter[str]:
    """Append the file's rows group by group, remembering the last row after each."""
    from collections import Counter

    from django.conf import settings

    from mimawari.listings.readers import RejectFile, read_listings
    from mimawari.service.intake import log

    mark = Path(settings.CONFIG.state_dir) / "ingest" / fingerprint(source)
    mark.parent.mkdir(parents=True, exist_ok=True)
    done = 0 if restart or not mark.exists() else int(mark.read_text())
    counts: Counter[str] = Counter()
    rows = read_listings(source, start_after=done)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with RejectFile(rejects) as rejected, Progress(*columns, transient=True) as progress:
        task = progress.add_task(f"{source.name}: row {done:,}", total=None)
        while group := list(islice(rows, GROUP)):
            good = [row.listing for row in group if row.listing is not None]
            counts.update(log.append(good))
            for row in group:
                if row.listing is None:
                    rejected.add(row)
                    counts["rejected"] += 1
            done = group[-1].number
            remember(mark, done)
            progress.update(task, description=f"{source.name}: row {done:,}")
    return counts


def remember(mark: Path, row: int) -> None:
    """Replace the mark as a whole: killed when it may, it holds the old or the new number."""
    fresh = mark.with_suffix(".new")
    fresh.write_text(str(row))
    fresh.replace(mark)


def fingerprint(source: Path) -> str:
    """Identify a file by its name, size and time, without reading it."""
    try:
        stat = source.stat()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidInputError(FieldProblem(str(source), reason, "name a file")) from error
    said = f"{source.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    return hashlib.sha256(said.encode()).hexdigest()[:24]
