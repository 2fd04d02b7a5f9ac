"""`mimawari gates`: what a model must have shown before it enters a stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError

app = typer.Typer(help="Gates between the stages of models.", no_args_is_help=True)


@app.command()
def show(
    default: Annotated[bool, typer.Option(help="The package's, not those in force.")] = False,
) -> None:
    """Print the gate file in force: a start for your own."""
    from mimawari.evaluation.gates import default_text

    if default:
        typer.echo(default_text(), nl=False)
        return
    open_store()
    from mimawari.service.releases.gates import text_in_force

    typer.echo(text_in_force().text, nl=False)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="A gate file.")]) -> None:
    """Say everything that is wrong with a gate file."""
    from mimawari.evaluation.gates import parse_policy

    parse_policy(_read(file), file.name)
    typer.echo(f"{file.name} is a gate file.")


@app.command()
def activate(
    file: Annotated[Path, typer.Argument(help="A gate file.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Check a gate file and put it in force."""
    open_store()
    from mimawari.service.releases.gates import activate_gates

    sha256 = activate_gates(_read(file), file.name, acting(by), reason)
    typer.echo(f"{file.name} is in force ({sha256[:12]}).")


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
        raise InvalidInputError(
            FieldProblem(str(file), problem, "save the file as UTF-8")
        ) from error
    except OSError as error:
        problem = str(error.strerror or error).lower()
        raise InvalidInputError(FieldProblem(str(file), problem, "name a gate file")) from error
