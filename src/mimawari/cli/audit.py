"""`mimawari audit`: what happened, and the proof that nobody changed the record of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store_for
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.ledger.checkpoint import Checkpoint

app = typer.Typer(help="The ledger of everything that happened.", no_args_is_help=True)
key_app = typer.Typer(help="The key that others check checkpoints with.")
app.add_typer(key_app, name="key")
CheckpointFile = Annotated[Path | None, typer.Option(help="A checkpoint that was kept elsewhere.")]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@app.command()
def verify(
    checkpoint: CheckpointFile = None,
    batches: Annotated[bool, typer.Option(help="Read listings and scores too.")] = True,
    by: By = None,
) -> None:
    """Compare events with the signed log, and what is stored with its events."""
    open_store_for("audit:read", by)
    from mimawari.service.audit.verify import verify as verify_store

    report = verify_store(_read_checkpoint(checkpoint), batches=batches)
    for problem in report.problems:
        typer.echo(f"problem {problem}", err=True)
    summary = f"{report.events} events sealed, {report.waiting} waiting, {report.erased} erased"
    if batches:
        summary += f"; {report.rows} rows in batches"
    if report.removed:
        summary += f", {report.removed} removed by retention"
    typer.echo(f"{summary}.")
    if report.problems:
        typer.echo(f"{len(report.problems)} problems; restore a back-up", err=True)
        raise typer.Exit(1)
    typer.echo("Nothing was changed, inserted or deleted.")
    if checkpoint is None:
        typer.echo("Give --checkpoint FILE, kept elsewhere, to see that nothing was cut off.")


@app.command()
def prove(
    event: Annotated[int, typer.Argument(help="The event's number.")],
    checkpoint: CheckpointFile = None,
    by: By = None,
) -> None:
    """Write a proof that an event is in the ledger, as JSON; docs/audit.md checks it."""
    open_store_for("audit:read", by)
    from mimawari.service.audit.prove import prove as prove_event

    _show(prove_event(event, _read_checkpoint(checkpoint)))


@app.command()
def checkpoint(
    since: Annotated[
        Path | None, typer.Option(help="An older one: prove that today's log begins with it.")
    ] = None,
    by: By = None,
) -> None:
    """Print the newest signed checkpoint; keep it where this machine cannot reach."""
    open_store_for("audit:read", by)
    from mimawari.service.audit import prove, storage
    from mimawari.service.audit.sealing import seal_all

    seal_all()
    older = _read_checkpoint(since)
    if older is not None:
        _show(prove.extension(older.size))
        return
    note = storage.newest_note()
    if note is None:
        problem, remedy = "there is none: nothing has happened yet", "ask again later"
        raise InvalidInputError(FieldProblem("checkpoint", problem, remedy))
    sys.stdout.write(note)


@key_app.callback(invoke_without_command=True)
def key(context: typer.Context, by: By = None) -> None:
    """Print the key that others check checkpoints with."""
    if context.invoked_subcommand is not None:
        return
    open_store_for("audit:read", by)
    from mimawari.service.audit.keys import signing_key

    typer.echo(str(signing_key().verifier))


@key_app.command()
def rotate(reason: Reason, by: By = None) -> None:
    """Let a new key sign from now on; the old one signs it, and the ledger says so."""
    open_store_for("ledger:write", by)
    from mimawari.service.audit.rotate import rotate as rotate_key

    typer.echo(str(rotate_key(acting(by), reason)))


@app.command()
def export(
    kind: Annotated[str | None, typer.Option(help="Only events of this kind.")] = None,
    by: By = None,
) -> None:
    """Write every event as a line of JSON to standard output."""
    open_store_for("audit:read", by)
    from mimawari.service.audit.export import events

    for event in events(kind):
        line = msgspec.json.decode(msgspec.json.encode(event))
        line["at"] = (EPOCH + timedelta(microseconds=event.at)).isoformat()
        typer.echo(msgspec.json.encode(line).decode())


def _show(proof: msgspec.Struct) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(proof)).decode())


def _read_checkpoint(path: Path | None) -> Checkpoint | None:
    """Read a checkpoint's file and check that this log signed it, with a key of its time."""
    if path is None:
        return None
    from mimawari.service.audit.keychain import opened

    try:
        note = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        problem = FieldProblem("checkpoint", "is no text", "take the file as it was printed")
        raise InvalidInputError(problem) from error
    return opened(note)
