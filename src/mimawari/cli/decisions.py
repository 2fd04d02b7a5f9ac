"""`mimawari decisions`: decisions that were taken elsewhere, as labels."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mimawari.cli.ingest import progress_bar
from mimawari.cli.options import By
from mimawari.cli.reading import Currency
from mimawari.cli.store import acting, open_store, storage_problem
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mimawari.listings.readers import Refusals, RejectFile, Row
    from mimawari.listings.readers.records import FileRow
    from mimawari.records.past_decision import PastDecision
    from mimawari.service.review.models import DecisionImport

    Read = tuple[FileRow, PastDecision | Row]

app = typer.Typer(help="Decisions that were taken elsewhere.", no_args_is_help=True)
GROUP = 1_000
PART = 1 << 20


@app.callback()
def decisions() -> None:
    """Decisions that were taken elsewhere."""


@app.command("import")
def import_decisions(
    source: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet, .gz too.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; beside the file by default.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Begin again at the first row.")] = False,
    currency: Currency = None,
    by: By = None,
) -> None:
    """Take in past decisions as labels; a second run goes on where the first was stopped."""
    open_store()
    from django.db import DatabaseError

    from mimawari.listings.readers import Reading, Refusals
    from mimawari.service.accounts.authority import require
    from mimawari.service.accounts.permissions import Permission
    from mimawari.service.review.importing import begin

    actor = acting(by)
    require(actor, Permission.IMPORT)
    Reading(currency=currency)  # refuses an unknown one
    bad = rejects or source.with_suffix(".rejects.jsonl")
    if bad.exists() and bad.samefile(source):
        raise InvalidInputError(FieldProblem("--rejects", "is the file itself", "name another"))
    run = begin(_hash_of(source), source.name, restart)
    refusals = Refusals(source.name)
    try:
        _run(run, source, bad, currency, refusals)
    except (DatabaseError, OSError) as error:
        remedy = f"the same command goes on after row {run.rows:,}"
        raise InvalidInputError(storage_problem(error, remedy)) from error
    _end(run, source, bad, refusals, by)


def _run(
    run: DecisionImport, source: Path, bad: Path, currency: str | None, refusals: Refusals
) -> None:
    """Take in group by group; the row that was read last is kept with each."""
    from mimawari.listings.readers import RejectFile
    from mimawari.listings.readers.records import read_rows
    from mimawari.records.past_decision import check_columns, past_decision_in

    if run.finished_at is not None:
        return
    rows = read_rows(source, run.rows, lambda names: check_columns(names, source.name))
    read = ((row, past_decision_in(row, currency)) for row in rows)
    with RejectFile(bad, run.rows) as rejected, progress_bar() as shown:
        task = shown.add_task(f"{source.name}: row {run.rows:,}", total=None)
        for group in _groups(read):
            _take(run, group, rejected, refusals)
            shown.update(task, description=f"{source.name}: row {run.rows:,}")


def _take(run: DecisionImport, group: list[Read], rejected: RejectFile, refusals: Refusals) -> None:
    from django.db import transaction

    from mimawari.listings.readers import Row
    from mimawari.service.review.importing import take_in

    rows, last = [None if isinstance(r, Row) else r for _, r in group], group[-1][0].number
    # What is rejected is on the disk before the commit: a run that goes on writes it anew.
    done = run.rows
    try:
        with transaction.atomic():
            answers = take_in(run, rows, last)
            _reject(group, answers, rejected, refusals)
    except Exception:
        run.rows = done
        raise


def _reject(
    group: list[Read],
    answers: Sequence[str | tuple[FieldProblem, ...]],
    rejected: RejectFile,
    refusals: Refusals,
) -> None:
    from mimawari.listings.readers import Row

    for (row, read), answer in zip(group, answers, strict=True):
        if isinstance(read, Row):
            refused = read
        elif isinstance(answer, tuple):
            refused = Row(row.number, None, answer, raw=row.raw[:2_000], line=row.line)
        else:
            continue
        rejected.add(refused)
        refusals.add(refused)
    rejected.sync()


def _groups(rows: Iterable[Read]) -> Iterator[list[Read]]:
    group: list[Read] = []
    for row in rows:
        group.append(row)
        if len(group) >= GROUP:
            yield group
            group = []
    if group:
        yield group


def _end(run: DecisionImport, source: Path, bad: Path, refusals: Refusals, by: str | None) -> None:
    from mimawari.service.review.importing import finish, overruled

    new = run.finished_at is None
    finish(run, acting(by))
    if not new:
        typer.echo(f"{source.name}: was imported before, nothing is new; --restart reads it again.")
    counts = f"{run.imported:,} imported, {run.known:,} known, {run.rejected:,} rejected"
    typer.echo(f"{source.name}: {run.rows:,} rows: {counts}.")
    if ours := overruled(run):
        typer.echo(f"{ours:,} of them count no more: a moderator of yours decided the listing.")
    _say_what_is_recognised(run)
    if refusals:
        typer.echo(f"The rejected rows are in {bad}, each with its number and the reason.")
    if refusals and run.rejected == run.rows:
        raise refusals.left_out.as_error()


def _say_what_is_recognised(run: DecisionImport) -> None:
    from mimawari.service.review.importing import recognised

    count, without = recognised(run)
    if count:
        typer.echo(f"{count:,} of them are violations: listings that repeat one are proposed.")
    if without:
        typer.echo(f"{without:,} of these have no text any more, and what repeats them is not.")


def _hash_of(source: Path) -> str:
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file:
            while part := file.read(PART):
                digest.update(part)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise InvalidInputError(FieldProblem(str(source), reason, "name a file")) from error
    return digest.hexdigest()
