"""`mimawari banks`: pictures that are known to violate, or known not to."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.detectors.banks import Entry

app = typer.Typer(help="Banks of known pictures.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The bank's file, such as known.jsonl.")]
By = Annotated[str | None, typer.Option(help="Whose account; the system's user by default.")]
SaidBy = Annotated[str | None, typer.Option(help="Who says so; the system's user by default.")]
Note = Annotated[str, typer.Option(help="Why, such as the number of a case.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]


@app.command()
def add(
    file: File,
    picture: Annotated[list[Path], typer.Option(help="Picture's file; repeat for several.")],
    topic: Annotated[str, typer.Option(help="Topic that they are known for.")],
    verdict: Annotated[str, typer.Option(help="bad (violates) or good (does not).")],
    note: Note = "",
    by: SaidBy = None,
) -> None:
    """Add pictures to a bank's file, which is made where there is none."""
    from mimawari.detectors.banks import add as append

    entries = [entry(path, topic, verdict, note, by or getpass.getuser()) for path in picture]
    append(file, entries)
    for path, new_entry in zip(picture, entries, strict=True):
        typer.echo(f"{path.name}: {new_entry.pdq}")


def entry(path: Path, topic: str, verdict: str, note: str, by: str) -> Entry:
    """Hash a picture's file for a bank.

    Raises
    ------
    InvalidInputError
        It cannot be read, is no picture, or has too little on it.
    """
    from mimawari.detectors.banks import Verdict, entry_of
    from mimawari.listings.media.decode import decode

    if verdict not in {Verdict.BAD, Verdict.GOOD}:
        raise InvalidInputError(FieldProblem("--verdict", f"is {verdict[:40]!r}", "bad or good"))
    try:
        decoded = decode(path.read_bytes(), path.name)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidInputError(FieldProblem(str(path), problem, "name a picture")) from error
    try:
        return entry_of(decoded, topic, Verdict(verdict), by, datetime.now(UTC), note)
    except InvalidInputError as error:
        problems = (
            FieldProblem(path.name, cause.problem, cause.remedy) for cause in error.problems
        )
        raise InvalidInputError(*problems) from error


@app.command()
def remove(
    file: File,
    pdq: Annotated[str, typer.Argument(help="Hash, as 'mimawari banks list FILE' shows it.")],
    topic: Annotated[str, typer.Option(help="Topic that it is known for.")],
    note: Note = "",
    by: SaidBy = None,
) -> None:
    """Take a picture back; the file keeps who said what."""
    from mimawari.detectors.banks import remove as take_back

    take_back(file, pdq, topic, by or getpass.getuser(), datetime.now(UTC), note)
    typer.echo(f"{pdq} no longer counts in {file.name}.")


@app.command("list")
def list_banks(
    file: Annotated[Path | None, typer.Argument(help="A bank's file, to see its entries.")] = None,
) -> None:
    """List the banks in force, or the entries of a file."""
    if file is not None:
        _list_entries(file)
        return
    open_store()
    from mimawari.records.manifest import Manifest
    from mimawari.service.catalogue import banks
    from mimawari.service.releases import generations

    newest = generations.current()
    table = Table("bank", "version", "score", "entries", "topics")
    for bank_in_force in banks.in_force(newest.manifest if newest else Manifest()):
        try:
            detector = bank_in_force.load()
            cells = (f"{len(detector.bank.entries):,}", ", ".join(detector.topics))
        except InvalidInputError as error:
            cells = ("", escape(str(error.problems[0])))
        table.add_row(bank_in_force.name, bank_in_force.version, f"{bank_in_force.score:g}", *cells)
    Console().print(table)


def _list_entries(file: Path) -> None:
    """Write an entry a line, whole, so that its hash can be copied."""
    from mimawari.detectors.banks import load

    for entry in load(file).entries:
        values = (
            entry.pdq,
            entry.topic,
            entry.verdict.value,
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.by,
            entry.note,
        )
        typer.echo("  ".join(_printable(text) for text in values))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


@app.command()
def activate(
    file: File,
    reason: Reason,
    score: Annotated[
        float, typer.Option(help="What a hit scores: the share of hits that are true.")
    ] = 0.99,
    by: By = None,
) -> None:
    """Copy a bank's file and let it count from now on; again after every change of the file."""
    open_store()
    from mimawari.service.media.origins import keeps_pictures
    from mimawari.service.releases.activating_banks import activate_bank

    number = activate_bank(file, acting(by), reason, score)
    typer.echo(f"{file.stem} is in force as generation {number}.")
    if not keeps_pictures():
        warning = "No pictures are kept here, so it finds nothing yet: set MIMAWARI_IMAGE_ORIGINS."
        typer.echo(warning, err=True)


@app.command()
def deactivate(
    name: Annotated[str, typer.Argument(help="Name, as 'mimawari banks list' shows it.")],
    reason: Reason,
    by: By = None,
) -> None:
    """Let a bank count no more."""
    open_store()
    from mimawari.service.releases.activating_banks import deactivate_bank

    number = deactivate_bank(name, acting(by), reason)
    typer.echo(f"{name} is out of force as of generation {number}.")
